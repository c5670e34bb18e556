import Glibc
import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct SendFileTests {
  private let real = SystemCalls()
  private let long = pattern(3_000_001)

  /// A file without a name.
  private func file(_ bytes: [UInt8]) throws -> OwnedDescriptor {
    var path = Array("/tmp/sockets-tests-XXXXXX".utf8CString)
    let number = unsafe mkstemp(&path)
    try #require(number >= 0)
    _ = unsafe unlink(path)
    let file = OwnedDescriptor(owning: number)
    #expect(
      unsafe bytes.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) } == bytes.count
    )
    return file
  }

  @Test(arguments: [1, 16_384, 16_385, 3_000_001])
  func `a whole file arrives, short or long`(size: Int) async throws {
    let bytes = Array(long[..<size])
    let file = try file(bytes)
    try await withPair { pair in
      async let received = pair.far.readAll()
      #expect(try await pair.near.send(file: file) == size)
      try await pair.near.finish()
      expectSame(try await received, bytes)
    }
  }

  @Test func `ranges arrive over a Unix-domain socket, in the order of the calls`() async throws {
    let file = try file(long)
    try await withUnixPair { pair in
      async let received = pair.far.readAll()
      try await pair.near.write([1])
      #expect(try await pair.near.send(file: file, range: 2_000_000..<2_000_003) == 3)
      #expect(try await pair.near.send(file: file, range: 7..<7) == 0)
      #expect(try await pair.near.send(file: file, range: 9_000_000..<9_000_000) == 0)
      #expect(try await pair.near.send(file: file, range: 100_000..<900_000) == 800_000)
      try await pair.near.finish()
      let expected = [1] + long[2_000_000..<2_000_003] + long[100_000..<900_000]
      expectSame(try await received, expected)
    }
  }

  @Test func `one write of others goes out before it or behind it, not in between`() async throws {
    let file = try file([UInt8](repeating: 7, count: 2_000_000))
    try await withPair { pair in
      async let received = pair.far.readAll()
      async let written: Void = {
        for _ in 0..<20 { try await pair.near.write([9]) }
      }()
      try await pair.near.send(file: file)
      try await written
      try await pair.near.finish()
      let bytes = try await received
      let start = try #require(bytes.firstIndex(of: 7))
      #expect(bytes[start...].prefix { $0 == 7 }.count == 2_000_000)
      #expect(bytes.count == 2_000_020)
    }
  }

  @Test func `a range that ends behind the file sends nothing`() async throws {
    let file = try file(pattern(100))
    try await withPair { pair in
      let error = await expectError(.unexpectedEndOfStream) {
        try await pair.near.send(file: file, range: 50..<101)
      }
      #expect(error?.operation == .sendFile)
      #expect(error?.bytesWritten == 0)
      #expect(error?.errno == nil)
      #expect(error?.remoteAddress as? SocketAddress == pair.near.remoteAddress)
      try await pair.near.write([5])
      #expect(try await pair.far.read(upTo: 10) == [5])
    }
  }

  @Test func `an empty file is sent, and has no byte`() async throws {
    let file = try file([])
    try await withPair { pair in
      let sent = try await pair.near.send(file: file)
      #expect(sent == 0)
      await expectError(.unexpectedEndOfStream) {
        try await pair.near.send(file: file, range: 0..<1)
      }
    }
  }

  @Test(arguments: [10_000, 200_000])
  func `a file that is cut off meanwhile ends with the exact count`(size: Int) async throws {
    let file = try file(pattern(size))
    let number = file.withUnsafeDescriptor { $0 }
    var calls = real
    let cut = Switch()
    calls.openFileStatus = { [real] in
      let result = real.openFileStatus($0, &$1)
      if !cut.isOn { _ = ftruncate(number, 5_000) }
      cut.isOn = true
      return result
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let error = await expectError(.unexpectedEndOfStream) { try await pair.near.send(file: file) }
      #expect(error?.bytesWritten == 5_000)
      try await pair.near.finish()
      #expect(try await pair.far.readAll() == pattern(5_000))
    }
  }

  @Test func `cancelled, it tells how much went out, and the connection goes on behind that`()
    async throws
  {
    let bytes = pattern(30_000_000)
    try await withPair { pair in
      let task = Task {
        let file = try file(bytes)
        return await outcome { try await pair.near.send(file: file) }
      }
      try await pair.reactor.waitUntilParked(writers: 1)
      task.cancel()
      let result = try await task.value
      let sent = try #require(result.socketError?.bytesWritten)
      #expect(result.code == .cancelled)
      #expect(sent > 0 && sent < bytes.count)
      async let received = pair.far.readAll()
      try await pair.near.write([1, 2, 3])
      try await pair.near.finish()
      expectSame(try await received, bytes[..<sent] + [1, 2, 3])
    }
  }

  @Test func `out of time, or cancelled before, it has sent what it says`() async throws {
    let file = try file(pattern(30_000_000))
    try await withPair { pair in
      let error = await expectError(.timedOut) {
        try await pair.near.send(file: file, deadline: .now + .milliseconds(20))
      }
      #expect(error?.operation == .sendFile)
      let sent = try #require(error?.bytesWritten)
      expectSame(try await pair.far.read(exactly: sent), pattern(sent))
      let result = await outcomeWhenCancelledBefore {
        let file = try self.file([1])
        try await pair.near.send(file: file)
      }
      #expect(result?.isCancellation == true)
    }
  }

  @Test(arguments: ["/tmp", "/dev/null"])
  func `what is no regular file is refused`(path: String) async throws {
    let file = OwnedDescriptor(owning: unsafe open(path, O_RDONLY | O_CLOEXEC))
    try await withPair { pair in
      let error = await expectError(.notSupported) { try await pair.near.send(file: file) }
      #expect(error?.detail != nil)
      #expect(error?.errno == nil)
      try await pair.near.write([5])
      #expect(try await pair.far.read(upTo: 10) == [5])
    }
  }

  @Test func `a pipe is refused`() async throws {
    var ends: [2 of Int32] = [-1, -1]
    #expect(real.pipe(&ends) == 0)
    let readEnd = OwnedDescriptor(owning: ends[0])
    let writeEnd = OwnedDescriptor(owning: ends[1])
    try await withPair { pair in
      await expectError(.notSupported) { try await pair.near.send(file: readEnd) }
      #expect(!pair.near.isClosed)
    }
    _ = consume writeEnd
  }

  @Test(arguments: [10, 100_000])
  func `a file that is not open for reading is its own fault`(size: Int) async throws {
    let file = try file(pattern(size))
    let path = file.withUnsafeDescriptor { "/proc/self/fd/\($0)" }
    let writable = OwnedDescriptor(owning: unsafe open(path, O_WRONLY | O_CLOEXEC))
    try await withPair { pair in
      let error = await expectError(.other) { try await pair.near.send(file: writable) }
      #expect(error?.errno == EBADF)
      #expect(error?.bytesWritten == 0)
      #expect(error?.detail != nil)
      try await pair.near.write([5])
      #expect(try await pair.far.read(upTo: 10) == [5])
    }
  }

  @Test func `a file of proc, whose size nobody knows, is sent to its end`() async throws {
    let file = OwnedDescriptor(owning: unsafe open("/proc/self/limits", O_RDONLY | O_CLOEXEC))
    try await withPair { pair in
      let sent = try await pair.near.send(file: file)
      #expect(sent > 0)
      let bytes = try await pair.far.read(exactly: sent)
      #expect(bytes?.starts(with: "Limit".utf8) == true)
    }
  }

  @Test(arguments: [EINVAL, ENOSYS, EIO])
  func `a file that the kernel does not send by itself is copied`(number: Int32) async throws {
    let file = try file(long)
    var calls = real
    let script = Script([nil, -Int(EINTR), -Int(number), -Int(number)])
    calls.sendfile = { [real] in script.next() ?? real.sendfile($0, $1, $2, $3) }
    try await withPair(kernel: Kernel(calls)) { pair in
      async let received = pair.far.readAll()
      #expect(try await pair.near.send(file: file) == long.count)
      #expect(script.calls == 3)
      try await pair.near.finish()
      expectSame(try await received, long)
    }
  }

  @Test func `a disk that fails is the file's fault`() async throws {
    let file = try file(long)
    var calls = real
    calls.sendfile = { _, _, _, _ in -Int(EIO) }
    unsafe calls.readAt = { _, _, _ in -Int(EIO) }
    try await withPair(kernel: Kernel(calls)) { pair in
      let error = await expectError(.other) { try await pair.near.send(file: file) }
      #expect(error?.errno == EIO)
      #expect(error?.detail != nil)
      try await pair.near.write([5])
      #expect(try await pair.far.read(upTo: 10) == [5])
    }
  }

  @Test func `a reset that sendfile keeps to itself is no end for reads`() async throws {
    // It returns what it had sent before, and then EPIPE; a read would say "end of stream".
    let file = try file(long)
    let script = Script([nil, -Int(EPIPE)])
    var calls = real
    calls.sendfile = { [real] to, from, offset, _ in
      script.next() ?? real.sendfile(to, from, offset, 5000)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let error = await expectError(.connectionReset) { try await pair.near.send(file: file) }
      #expect(error?.bytesWritten == 5000)
      try await pair.far.write([7])
      try await pair.far.finish()
      #expect(try await pair.near.read(upTo: 8) == [7])
      await expectError(.connectionReset) { try await pair.near.read(upTo: 8) }
    }
  }

  @Test func `a peer that is gone raises no signal, and the error is the connection's`()
    async throws
  {
    let file = try file(long)
    try await withUnixPair { pair in
      pair.far.close()
      let error = await expectError(.brokenPipe) { try await pair.near.send(file: file) }
      #expect(error?.errno == EPIPE)
      #expect(error?.operation == .sendFile)
      #expect(error?.bytesWritten == 0)
    }
    try await withPair { pair in
      try await pair.near.finish()
      await expectError(.brokenPipe) { try await pair.near.send(file: file) }
      pair.near.close()
      await expectError(.closed) { try await pair.near.send(file: file) }
    }
  }

  @Test func `a peer that goes in the midst of a call raises no signal`() async throws {
    // What was sent before is the call's result then, and nothing but the signal tells of EPIPE: that is what a
    // reset means to a connection whose peer had ended its side.
    let file = try file(long)
    let handler = signal(SIGPIPE) { _ in _ = pipeSignals.add(1, ordering: .relaxed) }
    defer { _ = signal(SIGPIPE, handler) }
    for round in 0..<200 {
      try await withPair { pair in
        async let gone: Void = {
          try await pair.far.finish()
          _ = try await pair.far.read(exactly: 1 + round * 5000)
          pair.far.reset()
        }()
        let code = await outcome {
          while true { try await pair.near.send(file: file) }
        }.code
        #expect(code == .connectionReset || code == .brokenPipe)
        try await gone
      }
    }
    #expect(pipeSignals.load(ordering: .relaxed) == 0)
  }
}

/// How often SIGPIPE has come.
private let pipeSignals = Atomic<Int>(0)
