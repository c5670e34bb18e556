import Sockets
import SocketsTesting
import Synchronization
import Testing

/// The snippets of the article on testing, run.
@Suite(.timeLimit(.minutes(1))) struct TestingTests {
  @Test func `a name is greeted`() async throws {
    let (client, server) = try MemoryPipe.pair()
    async let served: Void = greet(server)
    try await client.write("Ada\n")
    #expect(try await client.read(until: 0x0A) == Array("hello, Ada".utf8))
    try await client.finish()
    try await served
  }

  @Test func `a close ends the read that waits`() async throws {
    let reactor = try Reactor()
    let (near, far) = try await TCPConnection.pair(on: reactor)
    async let rest = near.read(upTo: 8)
    try await reactor.waitUntilParked(readers: 1)
    near.close()
    do {
      _ = try await rest
      Issue.record("a read that goes on")
    } catch let error as SocketError {
      #expect(error.code == .closed)
    }
    far.close()
  }

  @Test func `clients are greeted over TCP, and the server ends`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served = listener.serve { try await greet($0) }
    try await TCPConnection.connect(to: listener.localAddress) { client in
      try await client.write("Ada\nGrace\n")
      #expect(try await client.read(until: 0x0A) == Array("hello, Ada".utf8))
      #expect(try await client.read(until: 0x0A) == Array("hello, Grace".utf8))
    }
    listener.drain(grace: .seconds(20))
    let report = try await served
    #expect(report.accepted == 1)
  }

  @Test func `an answer that is cut short is not taken for a whole one`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served = listener.serve { try await greet($0) }
    try await FaultProxy.run(to: listener.localAddress) { proxy in
      proxy.toServer.pieceSize = 1
      proxy.toClient.resetAfter = 7
      let client = try await TCPConnection.connect(to: proxy.address)
      try await client.write("Ada\n")
      #expect(try await client.read(exactly: 7) == Array("hello, ".utf8))
      let error = await #expect(throws: SocketError.self) { try await client.read(upTo: 8) }
      #expect(error?.code == .connectionReset)
    }
    listener.drain(grace: .seconds(20))
    _ = try await served
  }

  @Test(arguments: 1...10)
  func `a bad network makes greetings late, and nothing else`(seed: UInt64) async throws {
    try await SimulatedNetwork.run(seed: seed) { network in
      network.links { $0.latency = .milliseconds(40) }
      network.calls = .everything
      let listener = try await TCPListener.bind(to: SocketAddress("10.0.0.1", port: 7010))
      async let served = listener.serve { try await greet($0) }
      let client = try await TCPConnection.connect(to: listener.localAddress)
      let start = network.elapsed
      for byte in "Ada\n".utf8 { try await client.write([byte]) }
      #expect(try await client.read(until: 0x0A) == Array("hello, Ada".utf8))
      #expect(network.elapsed - start >= .milliseconds(80))
      client.close()
      listener.drain(grace: .seconds(1))
      _ = try await served
    }
  }

  @Test func `who is cut off from the network is given up after half a minute`() async throws {
    try await SimulatedNetwork.run { network in
      let server = try IPAddress(parsing: "10.0.0.1")
      let client = try IPAddress(parsing: "10.0.0.2")
      let listener = try await TCPListener.bind(to: SocketAddress(server, port: 7010))
      async let served = listener.serve(limits: ConnectionLimits(idle: .seconds(30))) {
        try await greet($0)
      }
      let connection = try await network.host(client) {
        try await TCPConnection.connect(to: listener.localAddress)
      }
      network.partition(server, client)
      try await connection.write("Ada\n")
      try await Reactor.sleep(for: .seconds(31))
      network.heal()
      await #expect(throws: SocketError.self) { while try await connection.read(upTo: 8) != nil {} }
      #expect(network.elapsed < .seconds(60))
      listener.drain(grace: .seconds(1))
      #expect(try await served.failed == 1)
    }
  }

  @Test(arguments: StreamContract<Counted<MemoryPipe>>.rules)
  func `a stream that counts keeps the contract`(
    rule: StreamContract<Counted<MemoryPipe>>.Rule
  ) async throws {
    try await rule.check(flood: 100_000) { reactor in
      let (near, far) = try MemoryPipe.pair(on: reactor)
      return (Counted(near), Counted(far))
    }
  }

  /// In a process of its own, where nobody else opens any.
  @Test func `nothing is left open`() async {
    await #expect(processExitsWith: .success) {
      try await DescriptorAudit.expectNoneLeft {
        let (near, far) = try await TCPConnection.pair()
        near.close()
        far.close()
      }
    }
  }
}

/// The server that the article tests.
func greet(_ stream: some ByteStream) async throws {
  for try await name in stream.lines(limit: 100) { try await stream.write("hello, \(name)\n") }
}

/// A stream on top of another one: the article's example of one that a contract is for.
struct Counted<Lower: ByteStream>: ByteStream {
  let lower: Lower
  private let reads = Reads()

  init(_ lower: Lower) { self.lower = lower }

  nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws -> Int {
    let count = try await lower.read(into: &span, deadline: deadline)
    reads.count.add(1, ordering: .relaxed)
    return count
  }

  nonisolated(nonsending) func fill(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    reads.count.add(1, ordering: .relaxed)
    return try await lower.fill(upTo: limit, deadline: deadline, until: isDone)
  }

  nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws {
    try await lower.write(bytes, deadline: deadline)
  }

  nonisolated(nonsending) func finish(deadline: ContinuousClock.Instant?) async throws {
    try await lower.finish(deadline: deadline)
  }

  func close() { lower.close() }

  func reset() { lower.reset() }

  var isClosed: Bool { lower.isClosed }
}

/// How often a stream was read.
private final class Reads: Sendable {
  let count = Atomic(0)
}
