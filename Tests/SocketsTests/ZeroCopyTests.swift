import Glibc
import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

/// Over loopback the kernel copies in the end; all the rest is as it is elsewhere.
@Suite(.timeLimit(.minutes(1))) struct ZeroCopyTests {
  private let real = SystemCalls()
  private let long = pattern(5_000_003)

  private static let inPlace: Int32 = 0x400_0000  // MSG_ZEROCOPY

  @Test(arguments: [0, 1, 16_384, 16_385, 5_000_003])
  func `an array arrives, short or long`(size: Int) async throws {
    let bytes = Array(long[..<size])
    try await withPair { pair in
      async let received = pair.far.readAll()
      try await pair.near.write(zeroCopy: bytes)
      try await pair.near.write(zeroCopy: bytes)
      try await pair.near.finish()
      expectSame(try await received, bytes + bytes)
    }
  }

  @Test func `writes of several tasks go out whole, and reading goes on`() async throws {
    try await withPair { pair in
      async let received = pair.far.readAll()
      try await pair.far.write([7])
      try await withThrowingTaskGroup { group in
        for letter: UInt8 in 1..<5 {
          group.addTask {
            try await pair.near.write(zeroCopy: [UInt8](repeating: letter, count: 300_000))
            try await pair.near.write([UInt8](repeating: letter + 100, count: 10_000))
          }
        }
        try await group.waitForAll()
      }
      #expect(try await pair.near.read(upTo: 8) == [7])
      try await pair.near.finish()
      let bytes = try await received
      for letter: UInt8 in 1..<5 {
        let start = try #require(bytes.firstIndex(of: letter))
        #expect(bytes[start...].prefix { $0 == letter }.count == 300_000)
      }
      #expect(bytes.count == 1_240_000)
    }
  }

  @Test func `an array that is changed meanwhile is sent as it was`() async throws {
    try await withPair { pair in
      var bytes = long
      let task = Task { [bytes] in try await pair.near.write(zeroCopy: bytes) }
      try await pair.reactor.waitUntilParked(writers: 1)
      for index in bytes.indices { bytes[index] = 0 }
      expectSame(try await pair.far.read(exactly: long.count), long)
      _ = try await task.value
    }
  }

  @Test func `cancelled, it tells how much went out, keeps it, and a close resets`() async throws {
    try await withPair { pair in
      let task = Task { await outcome { try await pair.near.write(zeroCopy: pattern(30_000_000)) } }
      try await pair.reactor.waitUntilParked(writers: 1)
      task.cancel()
      let result = await task.value
      #expect(result.code == .cancelled)
      let sent = try #require(result.socketError?.bytesWritten)
      #expect(sent > 0 && sent < 30_000_000)
      let busy = await expectError(.other) { _ = try pair.near.detach() }
      #expect(busy?.errno == EBUSY)
      pair.near.close()
      var received: [UInt8] = []
      await expectError(.connectionReset) { try await pair.far.readAll(into: &received) }
      expectSame(received, Array(pattern(sent)[..<received.count]))
    }
  }

  @Test func `what the kernel still reads is kept while anybody holds the descriptor open`()
    async throws
  {
    let reactor = try Reactor()
    var near: TCPConnection?
    let far: TCPConnection
    (near, far) = try await TCPConnection.pair(on: reactor)
    let registration = try #require(near).registration
    let task = Task { [near] in
      await outcome { try await near?.write(zeroCopy: pattern(30_000_000)) }
    }
    try await reactor.waitUntilParked(writers: 1)
    task.cancel()
    #expect(await task.value.code == .cancelled)
    try registration.use { _ in
      near = nil
      #expect(registration.isClosed)
      #expect(registration.lendsMemory)
    }
    await expectError(.connectionReset) { _ = try await far.readAll() }
    far.close()
  }

  @Test func `one that gives up waiting for the kernel leaves room to the next`() async throws {
    var calls = real
    // The kernel takes everything, and never says that it is done.
    unsafe calls.send = { [real] fd, bytes, flags in
      unsafe real.send(fd, bytes, flags & ~Self.inPlace)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let error = await expectError(.timedOut) {
        try await pair.near.write(zeroCopy: pattern(20_000), deadline: .now + .milliseconds(10))
      }
      #expect(error?.bytesWritten == 20_000)
      try await pair.near.write([1], deadline: .now + .seconds(10))
    }
  }

  @Test func `a cancelled write is followed by another, and then a close is in good order`()
    async throws
  {
    try await withPair { pair in
      let task = Task { await outcome { try await pair.near.write(zeroCopy: pattern(30_000_000)) } }
      try await pair.reactor.waitUntilParked(writers: 1)
      task.cancel()
      let sent = try #require(await task.value.socketError?.bytesWritten)
      async let received = pair.far.readAll()
      try await pair.near.write(zeroCopy: long)
      pair.near.close()
      expectSame(try await received, Array(pattern(sent)) + long)
    }
  }

  @Test func `a peer that resets ends it`() async throws {
    try await withPair { pair in
      let task = Task { await outcome { try await pair.near.write(zeroCopy: pattern(30_000_000)) } }
      try await pair.reactor.waitUntilParked(writers: 1)
      pair.far.reset()
      let code = await task.value.code
      #expect(code == .connectionReset || code == .brokenPipe)
    }
  }

  @Test func `a message in the error queue is no disconnect`() async throws {
    try await withPair { pair in
      let wasCancelled = try await pair.near.withCancellationOnDisconnect {
        async let received = pair.far.read(exactly: 1_000_000)
        try await pair.near.write(zeroCopy: pattern(1_000_000))
        _ = try await received
        return Task.isCancelled
      }
      #expect(!wasCancelled)
    }
  }

  @Test func `without support everything is copied`() async throws {
    var calls = real
    unsafe calls.setOption = { [real] fd, level, name, value in
      level == SOL_SOCKET && name == SO_ZEROCOPY
        ? -Int(EOPNOTSUPP) : unsafe real.setOption(fd, level, name, value)
    }
    let flagged = Counter()
    unsafe calls.send = { [real] fd, bytes, flags in
      if flags & Self.inPlace != 0 { flagged.increment() }
      return unsafe real.send(fd, bytes, flags)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      async let received = pair.far.read(exactly: long.count)
      #expect(try await pair.near.write(zeroCopy: long) == false)
      expectSame(try await received, long)
    }
    #expect(flagged.value == 0)
  }

  @Test func `what there is no memory to pin for is copied`() async throws {
    let script = Script([nil, -Int(ENOBUFS), nil, -Int(EINTR), -Int(ENOBUFS)])
    var calls = real
    unsafe calls.send = { [real] fd, bytes, flags in
      let scripted = flags & Self.inPlace != 0 ? script.next() : nil
      return unsafe scripted ?? real.send(fd, bytes, flags)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      async let received = pair.far.read(exactly: long.count)
      #expect(try await pair.near.write(zeroCopy: long) == false)
      expectSame(try await received, long)
    }
    #expect(script.calls > 4)
  }

  @Test func `messages of the error queue are read as the kernel writes them`() {
    func message(_ level: Int32, _ type: Int32, _ error: [UInt8]) -> [UInt8] {
      var bytes: [UInt8] = []
      func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
      }
      append(UInt64(16 + error.count))
      append(level)
      append(type)
      return bytes + error
    }
    func completion(_ bytes: [UInt8]) -> Socket.Completion? {
      unsafe Socket.Completion(in: bytes.span.bytes)
    }
    // struct sock_extended_err: errno, origin, type, code, pad, info, data.
    let copied: [UInt8] = [0, 0, 0, 0, 5, 0, 1, 0, 3, 0, 0, 0, 9, 0, 0, 0]
    let whole: [UInt8] = [0, 0, 0, 0, 5, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]
    let other: [UInt8] = [111, 0, 0, 0, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let ip = (SOL_IP, IP_RECVERR)
    let ipv6 = (SOL_IPV6, IPV6_RECVERR)
    #expect(completion(message(ip.0, ip.1, copied)) == .init(first: 3, last: 9, isCopied: true))
    #expect(
      completion(message(ipv6.0, ipv6.1, whole)) == .init(first: .max, last: 0, isCopied: false)
    )
    #expect(completion(message(ip.0, ip.1, other)) == nil)
    #expect(completion(message(SOL_SOCKET, 1, copied)) == nil)
    #expect(completion(message(ip.0, ip.1, Array(copied[..<8]))) == nil)
    #expect(completion([]) == nil)
  }
}
