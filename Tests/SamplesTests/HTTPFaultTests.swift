import HTTP
import Sockets
import SocketsTesting
import Testing

@testable import HTTPServer

/// The HTTP server in a simulated network, with faults that real sockets cannot show.
@Suite(.timeLimit(.minutes(1))) struct HTTPFaultTests {
  private static let server = SocketAddress(IPv4Address(10, 0, 0, 1), port: 80)
  private static let client = SocketAddress(IPv4Address(10, 0, 0, 2), port: 0)
  private static let request = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
  private static let hello = Array("Hello, world!\n".utf8)

  /// Runs the server while a body runs.
  private func withServer(
    seed: UInt64 = 1,
    _ words: [String] = [],
    _ body: @Sendable (SimulatedNetwork) async throws -> Void
  ) async throws {
    try await SimulatedNetwork.run(seed: seed) { network in
      let arguments = try Arguments(words)
      let listener = try await TCPListener.bind(to: Self.server)
      let site = Site(folder: nil, figures: Figures())
      let service = Service(
        figures: site.figures,
        limits: arguments.limits,
        expectsProxy: false,
        log: nil,
        respond: site.response
      )
      async let served: Void = HTTPServer.serve(listener, service, arguments)
      try await body(network)
      listener.drain(grace: .seconds(1))
      try await served
    }
  }

  private static func connect() async throws -> TCPConnection {
    try await .connect(to: server, from: client)
  }

  /// Sends a request, between the halves of which the network is partitioned.
  private static func cutInTwo(_ network: SimulatedNetwork) async throws -> TCPConnection {
    let connection = try await connect()
    try await connection.write(request.prefix(20).utf8)
    network.partition(server.ip, client.ip)
    try await connection.write(request.dropFirst(20).utf8)
    return connection
  }

  /// Reads an answer.
  private static func answer(
    _ connection: TCPConnection
  ) async throws -> (status: String, body: [UInt8])? {
    var status = ""
    var length = 0
    for try await line in connection.lines() {
      if status.isEmpty { status = line }
      if line.hasPrefix("Content-Length: ") { length = Int(line.dropFirst(16)) ?? 0 }
      if line.isEmpty { return (status, try await connection.read(exactly: length) ?? []) }
    }
    return nil
  }

  @Test(arguments: 1...5)
  func `requests that come byte by byte, 40 ms away, are answered in order`(
    seed: UInt64
  ) async throws {
    try await withServer(seed: seed) { network in
      network.links { $0.latency = .milliseconds(40) }
      let connection = try await Self.connect()
      network.calls = .everything
      let bodies = (0..<10).map { [UInt8](repeating: $0, count: 1 + 29 * Int($0)) }
      async let written: Void = {
        for body in bodies {
          let head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n"
          for byte in Array(head.utf8) + body { try await connection.write([byte]) }
        }
      }()
      for body in bodies {
        let answer = try await Self.answer(connection)
        #expect(answer?.status == "HTTP/1.1 200 OK")
        #expect(answer?.body == body)
      }
      try await written
    }
  }

  @Test func `a request cut in two by a partition is answered when the network heals in time`()
    async throws
  {
    try await withServer { network in
      let connection = try await Self.cutInTwo(network)
      try await Reactor.sleep(for: .seconds(5))
      network.heal()
      let answer = try await Self.answer(connection)
      #expect(answer?.body == Self.hello)
      #expect(network.elapsed >= .seconds(5))
    }
  }

  @Test func `a request cut in two by a partition is given up when the network heals too late`()
    async throws
  {
    try await withServer { network in
      let connection = try await Self.cutInTwo(network)
      try await Reactor.sleep(for: .seconds(11))
      // Somebody else is served meanwhile.
      let other = try await TCPConnection.connect(
        to: Self.server,
        from: SocketAddress(IPv4Address(10, 0, 0, 3), port: 0)
      )
      try await other.write(Self.request)
      let answer = try await Self.answer(other)
      #expect(answer?.body == Self.hello)
      other.close()
      network.heal()
      let refusal = try await Self.answer(connection)
      #expect(refusal?.status == "HTTP/1.1 408 Request Timeout")
    }
  }

  @Test(arguments: 1...5)
  func `a reset in the middle of a batch of requests ends that client alone`(
    seed: UInt64
  ) async throws {
    try await withServer(seed: seed) { network in
      network.links { $0.latency = .milliseconds(1) }
      network.calls.shortTransfers = 0.5
      let connection = try await Self.connect()
      try await connection.write(String(repeating: Self.request, count: 200))
      for _ in 0..<10 {
        let answer = try await Self.answer(connection)
        #expect(answer?.body == Self.hello)
      }
      network.reset(Self.server.ip, Self.client.ip)
      let error = await #expect(throws: SocketError.self) {
        while try await Self.answer(connection) != nil {}
      }
      #expect(error?.code == .connectionReset)
      let other = try await Self.connect()
      try await other.write(Self.request)
      let answer = try await Self.answer(other)
      #expect(answer?.body == Self.hello)
      other.close()
    }
  }

  @Test func `a client that says nothing more is dropped when its time is over`() async throws {
    try await withServer(["--idle", "30"]) { network in
      let connection = try await Self.connect()
      try await connection.write(Self.request)
      #expect(try await Self.answer(connection)?.body == Self.hello)
      let start = network.elapsed
      let end = await outcome { try await connection.read(upTo: 1) }
      // An end or a reset, as the server sees fit; what counts is when.
      if case .success(let bytes) = end { #expect(bytes == nil) }
      let silence = network.elapsed - start
      #expect(silence >= .seconds(30) && silence < .seconds(31))
    }
  }

  @Test func `clients for whom there is no descriptor are served when there is one again`()
    async throws
  {
    try await withServer { network in
      var first: [TCPConnection] = []
      for _ in 0..<10 {
        let connection = try await Self.connect()
        try await connection.write(Self.request)
        #expect(try await Self.answer(connection)?.body == Self.hello)
        first.append(connection)
      }
      var second: [TCPConnection] = []
      for _ in 0..<10 {
        network.descriptorLimit = network.openDescriptors + 1  // the client's own
        second.append(try await Self.connect())
      }
      for connection in second { try await connection.write(Self.request) }
      try await Reactor.sleep(for: .seconds(3))
      for connection in first { connection.close() }
      for connection in second {
        #expect(try await Self.answer(connection)?.body == Self.hello)
        connection.close()
      }
    }
  }
}
