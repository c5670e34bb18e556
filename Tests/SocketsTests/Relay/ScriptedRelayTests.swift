import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Relays on a kernel that does what it rarely does.
@Suite(.timeLimit(.minutes(1))) struct ScriptedRelayTests {
  private let real = SystemCalls()
  private let bytes = pattern(3_000_000)

  /// Relays a long stream there and back, and expects it to arrive whole.
  private func relayLongStreams(_ calls: SystemCalls) async throws {
    try await withChain(kernel: Kernel(calls)) { chain in
      async let relayed = outcome { try await chain.relay() }
      async let there: Void = chain.client.write(bytes)
      expectSame(try await chain.server.read(exactly: bytes.count), bytes)
      try await there
      async let back: Void = chain.server.write(bytes)
      expectSame(try await chain.client.read(exactly: bytes.count), bytes)
      try await back
      try await chain.client.finish()
      try await chain.server.finish()
      let result = await relayed
      #expect(throws: Never.self) { try result.get() }
      #expect(chain.traffic.forward == bytes.count)
      #expect(chain.traffic.backward == bytes.count)
    }
  }

  /// Waits until so much is there to be read that a relay which begins then has a full first read, and splices
  /// next.
  private func waitUntilLong(_ connection: TCPConnection) async throws {
    let registration = connection.stream.registration
    try await waitUntil {
      let queue = try? registration.use { (socket) throws(Errno) in try socket.receiveQueue() }
      return queue ?? .max >= 100_000
    }
  }

  @Test(arguments: [EMFILE, ENFILE, ENOMEM])
  func `without a pipe bytes are copied`(number: Int32) async throws {
    let splices = Counter()
    var calls = real
    calls.pipe = { _ in -Int(number) }
    calls.splice = { _, _, _, _ in
      splices.increment()
      return -Int(EBADF)
    }
    try await relayLongStreams(calls)
    #expect(splices.value == 0)
  }

  @Test func `a pipe of the kernel's default size will do`() async throws {
    var calls = real
    calls.control = { [real] in $1 == 1031 ? -Int(EPERM) : real.control($0, $1, $2) }
    try await relayLongStreams(calls)
  }

  @Test func `a source that cannot be spliced is copied, and asked once`() async throws {
    let splices = Counter()
    var calls = real
    calls.splice = { _, _, _, _ in
      splices.increment()
      return -Int(EINVAL)
    }
    try await relayLongStreams(calls)
    #expect(splices.value == 2)  // once in each direction
  }

  @Test func `a reset that only a splice is told of is no end`() async throws {
    var calls = real
    calls.splice = { [real] from, to, count, isToSocket in
      isToSocket ? real.splice(from, to, count, isToSocket) : -Int(ECONNRESET)
    }
    try await withChain(kernel: Kernel(calls)) { chain in
      try chain.back.set(.receiveBufferSize, to: 200_000)
      try await chain.server.write(pattern(100_000))
      try await waitUntilLong(chain.back)
      async let relayed = outcome { try await chain.relay() }
      try await chain.server.finish()  // after the report, the kernel says "end" to every read
      var received: [UInt8] = []
      await expectError(.connectionReset) { try await chain.client.readAll(into: &received) }
      expectSame(received, pattern(100_000))
      #expect(await relayed.code == .connectionReset)
    }
  }

  @Test func `a target that cannot be spliced gets what is in the pipe, and the rest copied`()
    async throws
  {
    var calls = real
    calls.splice = { [real] from, to, count, isToSocket in
      isToSocket ? -Int(EINVAL) : real.splice(from, to, count, isToSocket)
    }
    try await relayLongStreams(calls)
  }

  @Test func `splices of a few bytes, interrupted now and then, come to the same`() async throws {
    let turns = Counter()
    var calls = real
    calls.splice = { [real] from, to, count, isToSocket in
      switch turns.increment() % 3 {
      case 0: -Int(EINTR)
      case 1: real.splice(from, to, min(count, 1), isToSocket)
      default: real.splice(from, to, min(count, 20_000), isToSocket)
      }
    }
    try await relayLongStreams(calls)
  }

  @Test func `a splice that moves nothing is an error, not an endless loop`() async throws {
    var calls = real
    calls.splice = { [real] from, to, count, isToSocket in
      isToSocket ? 0 : real.splice(from, to, count, isToSocket)
    }
    try await withChain(kernel: Kernel(calls)) { chain in
      try chain.front.set(.receiveBufferSize, to: 200_000)
      let write = Task { await outcome { try await chain.client.write(bytes) } }
      try await waitUntilLong(chain.front)
      let error = await expectError(.other) { try await chain.relay() }
      #expect(error?.errno == EIO)
      chain.front.close()
      _ = await write.value
    }
  }

  @Test(arguments: [ENOBUFS, ENOMEM])
  func `a lack of memory stops the relay, and loses no byte`(number: Int32) async throws {
    var calls = real
    let script = Script([nil, -Int(number)])
    calls.splice = { [real] from, to, count, isToSocket in
      (isToSocket ? script.next() : nil) ?? real.splice(from, to, count, isToSocket)
    }
    try await withChain(kernel: Kernel(calls)) { chain in
      try chain.front.set(.receiveBufferSize, to: 200_000)
      let write = Task {
        await outcome {
          try await chain.client.write(bytes)
          try await chain.client.finish()
        }
      }
      try await waitUntilLong(chain.front)
      async let received = chain.server.readAll()
      let first = await outcome { try await chain.relay() }
      #expect(first.code == .noBufferSpace)
      #expect(!chain.front.isClosed && !chain.back.isClosed)
      async let again = outcome { try await chain.relay() }
      expectSame(try await received, bytes)
      try await chain.server.finish()
      let second = await again
      #expect(throws: Never.self) { try second.get() }
      _ = await write.value
    }
  }

  @Test func `a reset that a splice keeps to itself is no end for the other direction`()
    async throws
  {
    // It returns what it had moved before, and then EPIPE; a read would say "end of stream".
    var calls = real
    let script = Script([nil, -Int(EPIPE)])
    calls.splice = { [real] from, to, count, isToSocket in
      guard isToSocket else { return real.splice(from, to, count, isToSocket) }
      return script.next() ?? real.splice(from, to, 5000, isToSocket)
    }
    try await withChain(kernel: Kernel(calls)) { chain in
      try chain.front.set(.receiveBufferSize, to: 200_000)
      async let written = outcome { try await chain.client.write(bytes) }
      try await waitUntilLong(chain.front)
      async let relayed = outcome { try await chain.relay() }
      try await waitUntil { script.calls == 2 }
      try await chain.server.write([7])
      try await chain.server.finish()
      #expect(try await chain.client.read(upTo: 8) == [7])
      await expectError(.connectionReset) { try await chain.client.read(upTo: 8) }
      let result = await relayed
      #expect(result.code == .connectionReset)
      chain.front.close()
      _ = await written
    }
  }

  @Test func `a reset that a write has seen is no end for the read that comes after it`()
    async throws
  {
    // The kernel tells of it once, and then says "end of stream".
    var calls = real
    let send = Script([-Int(ECONNRESET)])
    unsafe calls.send = { [real] in unsafe send.next() ?? real.send($0, $1, $2) }
    try await withChain(kernel: Kernel(calls)) { chain in
      async let relayed = outcome { try await chain.relay() }
      try await chain.client.write([1])
      try await waitUntil { send.calls == 1 }
      try await chain.server.finish()
      await expectError(.connectionReset) { try await chain.client.read(upTo: 8) }
      let result = await relayed
      #expect(result.code == .connectionReset)
    }
  }

  @Test func `the limit of unsent bytes is lifted for a long stream only, and put back`()
    async throws
  {
    let lifts = Counter()
    var calls = real
    unsafe calls.setOption = { [real] fd, level, name, value in
      if level == SOL_TCP, name == TCP_NOTSENT_LOWAT { lifts.increment() }
      return unsafe real.setOption(fd, level, name, value)
    }
    try await withChain(kernel: Kernel(calls)) { chain in
      let atFirst = lifts.value
      async let relayed = outcome { try await chain.relay() }
      try await chain.server.write([1])
      #expect(try await chain.client.read(exactly: 1) == [1])
      async let there: Void = chain.client.write(bytes)
      expectSame(try await chain.server.read(exactly: bytes.count), bytes)
      try await there
      #expect(try chain.back.get(.notSentLowWatermark) == 0)
      #expect(try chain.front.get(.notSentLowWatermark) == 16_384)
      try await chain.client.finish()
      try await chain.server.finish()
      _ = await relayed
      #expect(try chain.back.get(.notSentLowWatermark) == 16_384)
      #expect(lifts.value == atFirst + 2)
    }
  }

  @Test func `a limit of unsent bytes that the program has chosen stays`() async throws {
    try await withChain { chain in
      try chain.back.set(.notSentLowWatermark, to: 40_000)
      async let relayed = outcome { try await chain.relay() }
      async let there: Void = chain.client.write(bytes)
      expectSame(try await chain.server.read(exactly: bytes.count), bytes)
      try await there
      #expect(try chain.back.get(.notSentLowWatermark) == 40_000)
      try await chain.client.finish()
      try await chain.server.finish()
      _ = await relayed
    }
  }
}
