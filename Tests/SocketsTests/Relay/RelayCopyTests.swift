import SocketsTesting
import Testing

@testable import Sockets

/// Relays of which one side at least is no socket.
@Suite(.timeLimit(.minutes(1))) struct RelayCopyTests {
  private let long = pattern(1_000_003)

  /// Relays between an end of a pipe in memory and a connection.
  private func withPipe(
    _ body:
      nonisolated(nonsending) (
        _ client: MemoryPipe,
        _ front: MemoryPipe,
        _ back: TCPConnection,
        _ server: TCPConnection
      ) async throws -> Void
  ) async throws {
    try await withPair { pair in
      let (client, front) = try MemoryPipe.pair(on: pair.reactor)
      try await body(client, front, pair.near, pair.far)
      client.close()
    }
  }

  @Test func `bytes and ends pass between a pipe in memory and a connection`() async throws {
    try await withPipe { client, front, back, server in
      async let relayed = outcome { try await relay(front, back) }
      async let sent: Void = client.write(long)
      expectSame(try await server.read(exactly: long.count), long)
      try await sent
      try await client.finish()
      #expect(try await server.read(upTo: 1) == nil)
      async let answered: Void = server.write(long)
      expectSame(try await client.read(exactly: long.count), long)
      try await answered
      try await server.finish()
      #expect(try await client.read(upTo: 1) == nil)
      let traffic = try await relayed.get()
      #expect(traffic.forward == long.count)
      #expect(traffic.backward == long.count)
      #expect(!front.isClosed && !back.isClosed)
    }
  }

  @Test func `a layer is taken off on the way`() async throws {
    try await withPipe { client, front, back, server in
      let upper = try CipherStream(client, key: 9)
      let lower = try CipherStream(front, key: 9)
      async let relayed = outcome { try await relay(lower, back) }
      try await upper.write("plain")
      #expect(try await server.read(exactly: 5) == Array("plain".utf8))
      try await server.write("answer")
      #expect(try await upper.read(exactly: 6) == Array("answer".utf8))
      try await upper.finish()
      #expect(try await server.read(upTo: 1) == nil)
      try await server.finish()
      #expect(try await relayed.get().forward == 5)
    }
  }

  @Test func `a pipe's bytes on their way when it is cancelled are read from it`() async throws {
    try await withPipe { client, front, back, server in
      let traffic = RelayTraffic()
      let task = Task { await outcome { try await relay(front, back, traffic: traffic) } }
      let bytes = pattern(30_000_000)
      let write = Task { await outcome { try await client.write(bytes) } }
      // The server reads nothing: one direction waits for it, and the client for that.
      try await back.reactor.waitUntilParked(readers: 1, writers: 2)
      task.cancel()
      #expect(await task.value.isCancellation)
      let passed = traffic.forward
      try await back.finish()
      expectSame(try await server.readAll(), Array(bytes[..<passed]))
      expectSame(try await front.read(exactly: bytes.count - passed), Array(bytes[passed...]))
      _ = await write.value
    }
  }

  @Test func `a failed stream resets the other one`() async throws {
    try await withPipe { client, front, back, server in
      async let relayed = outcome { try await relay(front, back) }
      try await client.write([1])
      #expect(try await server.read(exactly: 1) == [1])
      client.reset()
      await expectError(.connectionReset) { try await server.read(upTo: 1) }
      #expect(await relayed.code == .connectionReset)
    }
  }

  @Test func `a record that is cut is passed on as a reset`() async throws {
    try await withPipe { client, front, back, server in
      let lower = try CipherStream(front, key: 9)
      async let relayed = outcome { try await relay(lower, back) }
      try await client.write([0, 5, 1])
      try await client.finish()
      await expectError(.connectionReset) { try await server.read(upTo: 1) }
      #expect(await relayed.code == .unexpectedEndOfStream)
    }
  }

  @Test func `what a peer sent that is gone is passed on`() async throws {
    try await withPipe { client, front, back, server in
      async let relayed = outcome { try await relay(back, front) }
      try await client.write(pattern(100))
      #expect(try await server.read(exactly: 100) == pattern(100))
      try await client.write([7])
      client.close()
      async let written = outcome { try await server.writeForEver() }
      #expect(try await server.read(exactly: 1) == [7])
      #expect(try await server.read(upTo: 1) == nil)
      let code = await relayed.code
      #expect(code == .brokenPipe)
      back.close()
      _ = await written
    }
  }

  @Test func `a failed stream's bytes arrive before the reset`() async throws {
    try await withPipe { client, front, back, server in
      try back.set(.sendBufferSize, to: 200_000)
      try server.set(.receiveBufferSize, to: 8_192)
      let traffic = RelayTraffic()
      async let relayed = outcome { try await relay(front, back, traffic: traffic) }
      async let written = outcome { try await client.write(long) }
      try await back.reactor.waitUntilParked(readers: 1, writers: 2)
      client.reset()
      var received: [UInt8] = []
      let end = await outcome { try await server.readAll(into: &received) }
      #expect(end.code == .connectionReset)
      expectSame(received, Array(long[..<traffic.forward]))
      #expect(await relayed.code == .connectionReset)
      _ = await written
    }
  }

  @Test func `a connection that the kernel gave up is no end`() async throws {
    try await withPair { pair in
      async let relayed = outcome { try await relay(GivenUpStream(), pair.near) }
      await expectError(.connectionReset) { try await pair.far.read(upTo: 1) }
      pair.far.close()
      #expect(await relayed.code == .timedOut)
    }
  }
}

/// A stream whose peer has not answered for so long that the kernel has given it up.
private struct GivenUpStream: ByteStream {
  nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws -> Int { throw timeout }

  nonisolated(nonsending) func fill(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool { throw timeout }

  nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws { throw timeout }

  nonisolated(nonsending) func finish(deadline: ContinuousClock.Instant?) async throws {}

  func close() {}
  func reset() {}
  var isClosed: Bool { false }

  private var timeout: SocketError {
    SocketError(.timedOut, operation: .read, errno: Errno.timedOut.rawValue)
  }
}
