import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct WriteTests {
  @Test func `writes of several tasks go out whole, in the order of the calls`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let size = 100_000
      try await withThrowingDiscardingTaskGroup { group in
        for number in UInt8(0)..<6 {
          let frame = [UInt8](repeating: number, count: size)
          group.addTask { try await pair.near.write(frame) }
          try await pair.reactor.waitUntilParked(writers: Int(number) + 1)
        }
        for number in UInt8(0)..<6 {
          let frame = try await pair.far.read(exactly: size)
          #expect(frame == [UInt8](repeating: number, count: size))
        }
      }
    }
  }

  @Test func `every kind of bytes arrives as it was given`() async throws {
    try await withPair { pair in
      let bytes = pattern(1000)
      let text = "grüße 👋\u{0}"
      async let received = pair.far.readAll()
      try await pair.near.write(bytes)
      try await pair.near.write(bytes[10..<20])
      try await unsafe pair.near.write(bytes.span.bytes)
      try await pair.near.write(bytes.lazy.map { $0 ^ 0xFF })
      try await pair.near.write(repeatElement(7, count: 3))
      try await pair.near.write(text)
      try await pair.near.write(text.dropFirst().utf8)
      try await pair.near.write(gathering: [bytes, [], [1, 2], []])
      try await pair.near.finish()
      var expected = bytes + bytes[10..<20] + bytes
      expected += bytes.map { $0 ^ 0xFF }
      expected += [7, 7, 7]
      expected += Array(text.utf8)
      expected += Array(text.dropFirst().utf8)
      expected += bytes + [1, 2]
      #expect(try await received == expected)
    }
  }

  @Test func `every kind of bytes arrives whole through small buffers`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(150_000)
      let arrays = (0..<300).map { Array(bytes[($0 * 500)..<(($0 + 1) * 500)]) }
      async let received = pair.far.readAll()
      try await pair.near.write(bytes)
      try await pair.near.write(bytes[...])
      try await unsafe pair.near.write(bytes.span.bytes)
      try await pair.near.write(bytes.lazy.map { $0 })
      try await pair.near.write(String(repeating: "a", count: bytes.count))
      try await pair.near.write(gathering: [[]] + arrays + [[]])
      try await pair.near.finish()
      var all = try await received
      #expect(all.count == 6 * bytes.count)
      for index in 0..<6 where all.count >= bytes.count {
        let part = Array(all.prefix(bytes.count))
        #expect(index == 4 ? part.allSatisfy { $0 == UInt8(ascii: "a") } : part == bytes)
        all.removeFirst(bytes.count)
      }
    }
  }

  @Test func `a collection that does not lie in one piece is copied once`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = CountedBytes(count: 100_000)
      async let received = pair.far.readAll()
      try await pair.near.write(bytes)
      try await pair.near.finish()
      #expect(try await received.count == bytes.count)
      #expect(bytes.passes.value == 1)
    }
  }

  @Test func `a cancelled write says how much went out, and the next one goes on`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(1_000_000)
      let write = Task { await outcome { try await pair.near.write(bytes) } }
      try await pair.reactor.waitUntilParked(writers: 1)
      write.cancel()
      let error = await write.value.socketError
      #expect(error?.code == .cancelled)
      #expect(error?.operation == .write)
      try await expectRest(of: bytes, after: error?.bytesWritten, on: pair)
    }
  }

  @Test func `a write gives up at its deadline, and the next one goes on`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(1_000_000)
      let deadline = ContinuousClock.now + .milliseconds(5)
      let error = await expectError(.timedOut) {
        try await pair.near.write(bytes, deadline: deadline)
      }
      #expect(ContinuousClock.now >= deadline)
      #expect(error?.errno == nil)
      try await expectRest(of: bytes, after: error?.bytesWritten, on: pair)
    }
  }

  /// Expects that the peer has got exactly the bytes that an interrupted write says it has sent, and that
  /// the next write continues the stream.
  private func expectRest(of bytes: [UInt8], after sent: Int?, on pair: Pair<TCP>) async throws {
    let sent = try #require(sent)
    #expect(0 < sent && sent < bytes.count)
    async let received = pair.far.readAll()
    try await pair.near.write(bytes[sent...])
    try await pair.near.finish()
    let all = try await received
    #expect(all == bytes)
  }

  @Test func `a write that is cancelled or late in the queue sends nothing`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(200_000)
      async let first = outcome { try await pair.near.write(bytes) }
      try await pair.reactor.waitUntilParked(writers: 1)
      let second = Task { await outcome { try await pair.near.write("cancelled") } }
      try await pair.reactor.waitUntilParked(writers: 2)
      second.cancel()
      #expect(await second.value.isCancellation)
      let deadline = ContinuousClock.now + .milliseconds(1)
      let error = await expectError(.timedOut) {
        try await pair.near.write("late", deadline: deadline)
      }
      #expect(error?.bytesWritten == 0)
      async let third = outcome {
        try await pair.near.write("third")
        try await pair.near.finish()
      }
      try await pair.reactor.waitUntilParked(writers: 2)
      let all = try await pair.far.readAll()
      #expect(all == bytes + Array("third".utf8))
      let (one, three) = await (first, third)
      #expect(throws: Never.self) { try one.get() }
      #expect(throws: Never.self) { try three.get() }
    }
  }

  @Test func `a peer that goes away in the middle of a write is an error, not a signal`()
    async throws
  {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(1_000_000)
      async let write = outcome { try await pair.near.write(bytes) }
      try await pair.reactor.waitUntilParked(writers: 1)
      pair.far.reset()
      let error = await write.socketError
      #expect(error?.code == .connectionReset)
      #expect(error?.errno == ECONNRESET)
      let sent = try #require(error?.bytesWritten)
      #expect(0 < sent && sent < bytes.count)
      for _ in 0..<2 {
        await expectError(.connectionReset) { try await pair.near.write("again") }
        await expectError(.connectionReset) { try await pair.near.write(gathering: [[1], [2]]) }
        await expectError(.connectionReset) { try await pair.near.readAll() }
      }
    }
  }

  @Test func `finishing waits for the writes that were begun before`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(200_000)
      async let write = outcome { try await pair.near.write(bytes) }
      try await pair.reactor.waitUntilParked(writers: 1)
      async let finish = outcome { try await pair.near.finish() }
      try await pair.reactor.waitUntilParked(writers: 2)
      let all = try await pair.far.readAll()
      #expect(all == bytes)
      let (written, finished) = await (write, finish)
      #expect(throws: Never.self) { try written.get() }
      #expect(throws: Never.self) { try finished.get() }
    }
  }

  @Test func `finishing waits for no room`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let soon = ContinuousClock.now + .milliseconds(5)
      let error = await expectError(.timedOut) {
        try await pair.near.write(pattern(1_000_000), deadline: soon)
      }
      try await pair.near.finish(deadline: ContinuousClock.now + .seconds(5))
      #expect(try await pair.far.readAll().count == error?.bytesWritten)
    }
  }

  @Test func `finishing in the queue waits for the writes before it, not for room`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(1_000_000)
      let write = Task { await outcome { try await pair.near.write(bytes) } }
      try await pair.reactor.waitUntilParked(writers: 1)
      async let finish = outcome {
        try await pair.near.finish(deadline: ContinuousClock.now + .seconds(5))
      }
      try await pair.reactor.waitUntilParked(writers: 2)
      write.cancel()
      let sent = await write.value.socketError?.bytesWritten
      let finished = await finish
      #expect(throws: Never.self) { try finished.get() }
      let received = try await pair.far.readAll()
      #expect(received == Array(bytes[..<(sent ?? 0)]))
    }
  }

  @Test func `a finish that is cancelled in the queue does not end the stream`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(200_000)
      async let write = outcome { try await pair.near.write(bytes) }
      try await pair.reactor.waitUntilParked(writers: 1)
      let finish = Task { await outcome { try await pair.near.finish() } }
      try await pair.reactor.waitUntilParked(writers: 2)
      finish.cancel()
      #expect(await finish.value.isCancellation)
      #expect(try await pair.far.read(exactly: bytes.count) == bytes)
      let written = await write
      #expect(throws: Never.self) { try written.get() }
      try await pair.near.write("more")
      #expect(try await pair.far.read(exactly: 4) == Array("more".utf8))
    }
  }
}

/// Bytes that exist one by one only, and that count how often somebody went through them.
private struct CountedBytes: Collection, Sendable {
  let count: Int
  let passes = Counter()

  var startIndex: Int { 0 }
  var endIndex: Int { count }
  func index(after index: Int) -> Int { index + 1 }

  subscript(index: Int) -> UInt8 {
    if index == 0 { passes.increment() }
    return UInt8(truncatingIfNeeded: index)
  }
}
