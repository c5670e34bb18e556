import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ConnectionLimitsTests {
  @Test(arguments: [
    ConnectionLimits(idle: .milliseconds(10)),
    ConnectionLimits(firstByte: .milliseconds(10)),
    ConnectionLimits(lifetime: .milliseconds(10)),
  ])
  func `a client's read that waits for a silent server times out`(
    limits: ConnectionLimits
  )
    async throws
  {
    try await withPair { pair in
      pair.near.setLimits(limits)
      await expectError(.timedOut) { try await pair.near.read(upTo: 1) }
      #expect(!pair.near.isClosed)
    }
  }

  @Test func `the first byte has come once a read has ended`() async throws {
    try await withPair { pair in
      pair.near.setLimits(ConnectionLimits(firstByte: .milliseconds(20)))
      try await pair.far.write("x")
      #expect(try await pair.near.read(upTo: 1) == Array("x".utf8))
      let start = ContinuousClock.now
      await expectError(.timedOut) {
        try await pair.near.read(upTo: 1, deadline: start + .milliseconds(60))
      }
      #expect(.now >= start + .milliseconds(60))
    }
  }

  @Test func `a server that speaks first does, whatever the limit for the client's first byte`()
    async throws
  {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve(limits: ConnectionLimits(firstByte: .milliseconds(50))) {
      connection in
      try await connection.write("220 ready")
      _ = try await connection.read(upTo: 100)
    }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(exactly: 9) == Array("220 ready".utf8))
    #expect(try await client.read(upTo: 1) == nil)  // evicted, having said nothing
    listener.drain(grace: .seconds(600))
    #expect(try await report.failed == 1)
  }

  @Test func `limits can be changed and taken away`() async throws {
    try await withPair { pair in
      pair.near.setLimits(ConnectionLimits(lifetime: .zero))
      await expectError(.timedOut) { try await pair.near.read(upTo: 1) }
      pair.near.setLimits(ConnectionLimits())
      let waiting = Task { await outcome { try await pair.near.read(upTo: 1) } }
      try await pair.reactor.waitUntilParked(readers: 1)
      try await pair.far.write("x")
      #expect(try await waiting.value.get() == Array("x".utf8))
    }
  }

  @Test func `a deadline of a call counts if it comes earlier`() async throws {
    try await withPair { pair in
      pair.near.setLimits(ConnectionLimits(idle: .seconds(600), lifetime: .seconds(600)))
      await expectError(.timedOut) {
        try await pair.near.read(upTo: 1, deadline: .now + .milliseconds(10))
      }
    }
  }

  @Test func `the lifetime ends an operation that is never without something to do`() async throws {
    // A peer that is always ahead: whatever is asked for is there, at a speed that memory can bear.
    var calls = SystemCalls()
    unsafe calls.recv = { _, buffer, _ in
      let start = ContinuousClock.now
      while .now < start + .microseconds(200) {}
      return buffer.count
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      try await pair.far.write("x")
      #expect(try await pair.near.read(upTo: 1)?.count == 1)
      pair.near.setLimits(ConnectionLimits(lifetime: .milliseconds(20)))
      await expectError(.timedOut) { try await pair.near.read(exactly: 1 << 40) }
    }
  }

  @Test func `the lifetime ends a series of operations none of which waits`() async throws {
    try await withPair { pair in
      // More than any number of reads of one byte takes in the time.
      let feeding = Task { while true { try await pair.far.write(pattern(1 << 20)) } }
      _ = try await pair.near.read(exactly: 1 << 20)
      pair.near.setLimits(ConnectionLimits(lifetime: .milliseconds(20)))
      await expectError(.timedOut) { while true { _ = try await pair.near.read(upTo: 1) } }
      pair.near.reset()
      _ = await feeding.result
    }
  }

  @Test func `connections that are gone leave no deadlines behind`() async throws {
    let reactor = try Reactor(name: "limits")
    for _ in 0..<300 {
      let (near, far) = try await TCPConnection.pair(on: reactor)
      near.setLimits(ConnectionLimits(idle: .seconds(3600)))
      async let read = near.read(upTo: 1)
      try await reactor.waitUntilParked(readers: 1)
      try await far.write("x")
      #expect(try await read?.count == 1)
      near.close()
      far.close()
    }
    #expect(reactor.statistics.timers == 0)
    let kept = reactor.loop.shared.withLock { $0.timers.count }
    #expect(kept < 150)
  }
}
