import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ReadTests {
  @Test func `a read returns what is there, up to the limit`() async throws {
    try await withPair { pair in
      try await pair.far.write("abcdef")
      try await pair.far.finish()
      #expect(try await pair.near.read(upTo: 4) == Array("abcd".utf8))
      #expect(try await pair.near.read(upTo: 4) == Array("ef".utf8))
      #expect(try await pair.near.read(upTo: 4) == nil)
    }
  }

  @Test func `a read into a span adds to what it holds`() async throws {
    try await withPair { pair in
      try await pair.far.write("abc")
      let (count, bytes) = try await pair.near.readIntoSpan(capacity: 8)
      #expect(count == 3)
      #expect(bytes == Array("abc".utf8))
      try await pair.far.write("defgh")
      let rest = try await pair.near.readIntoSpan(capacity: 2)
      #expect(rest.count == 2)
      #expect(rest.bytes == Array("de".utf8))
      #expect(try await pair.near.read(upTo: 8) == Array("fgh".utf8))
    }
  }

  @Test func `exactly so many bytes are read across many arrivals`() async throws {
    try await withPair { pair in
      let bytes = pattern(700_000)
      async let write = outcome { try await pair.far.write(bytes) }
      let received = try await pair.near.read(exactly: bytes.count)
      #expect(received == bytes)
      let written = await write
      #expect(throws: Never.self) { try written.get() }
    }
  }

  @Test func `a length that never arrives takes no memory for it`() async throws {
    try await withPair { pair in
      try await pair.far.write("abc")
      try await pair.far.finish()
      await expectError(.unexpectedEndOfStream) { try await pair.near.read(exactly: .max) }
      #expect(try await pair.near.read(upTo: 8) == Array("abc".utf8))
    }
  }

  @Test func `chunks follow each other without a gap, across loops`() async throws {
    try await withPair { pair in
      let bytes = pattern(400_000)
      async let write = outcome {
        try await pair.far.write(bytes)
        try await pair.far.finish()
      }
      var received: [UInt8] = []
      while received.count < bytes.count {
        for try await chunk in pair.near.chunks {
          #expect(1...65_536 ~= chunk.count)
          received += chunk
          if chunk.count % 2 == 0 { break }
        }
      }
      #expect(received == bytes)
      for try await _ in pair.near.chunks { Issue.record("a chunk after the end") }
      let written = await write
      #expect(throws: Never.self) { try written.get() }
    }
  }

  @Test func `a chunk that is kept is not overwritten by the next`() async throws {
    try await withPair { pair in
      var kept: [[UInt8]] = []
      try await pair.far.write("a")
      for try await chunk in pair.near.chunks {
        kept.append(chunk)
        if kept.count == 20 { break }
        try await pair.far.write([UInt8(ascii: "a") + UInt8(kept.count)])
      }
      #expect(kept == (0..<20).map { [UInt8(ascii: "a") + $0] })
    }
  }

  @Test(arguments: Array(1...100) + [16_383, 16_384, 16_385])
  func `an end right behind the bytes is not missed`(count: Int) async throws {
    try await withPair { pair in
      let bytes = pattern(count)
      async let received = outcome { try await pair.near.readAll() }
      async let chunked = outcome {
        var all: [UInt8] = []
        for try await chunk in pair.far.chunks { all += chunk }
        return all
      }
      try await pair.reactor.waitUntilParked(readers: 2)
      try await pair.far.write(bytes)
      try await pair.far.finish()
      try await pair.near.write(bytes)
      try await pair.near.finish()
      let (one, two) = await (received, chunked)
      #expect(try one.get() == bytes)
      #expect(try two.get() == bytes)
    }
  }

  @Test func `a reset comes after the bytes that arrived before it, and stays`() async throws {
    try await withPair { pair in
      try await pair.far.write(pattern(100))
      pair.far.reset()
      try await waitUntil { DescriptorAudit.isReset(pair.near.descriptor) }
      var bytes: [UInt8] = []
      let error = await expectError(.connectionReset) { try await pair.near.readAll(into: &bytes) }
      #expect(error?.errno == ECONNRESET)
      #expect(error?.localAddress as? SocketAddress == pair.near.localAddress)
      #expect(error?.remoteAddress as? SocketAddress == pair.near.remoteAddress)
      #expect(bytes == pattern(100))
      for _ in 0..<2 {
        await expectError(.connectionReset) { try await pair.near.read(upTo: 1) }
        await expectError(.connectionReset) { try await pair.near.read(exactly: 1) }
        await expectError(.connectionReset) { try await pair.near.readIntoSpan(capacity: 1) }
        await expectError(.connectionReset) { for try await _ in pair.near.chunks {} }
        await expectError(.connectionReset) { try await pair.near.write("gone") }
      }
    }
  }

  @Test func `a reset that a write saw first does not become an end for the reader`() async throws {
    try await withPair { pair in
      try await pair.far.write("before")
      pair.far.reset()
      try await waitUntil { DescriptorAudit.isReset(pair.near.descriptor) }
      await expectError(.connectionReset) { try await pair.near.write("gone") }
      var bytes: [UInt8] = []
      await expectError(.connectionReset) { try await pair.near.readAll(into: &bytes) }
      #expect(bytes == Array("before".utf8))
    }
  }

  @Test func `a reset wakes a read that waits`() async throws {
    try await withPair { pair in
      async let read = outcome { try await pair.near.read(upTo: 8) }
      try await pair.reactor.waitUntilParked(readers: 1)
      pair.far.reset()
      let result = await read
      #expect(result.code == .connectionReset)
    }
  }

  @Test func `bytes that an exact read had taken survive a reset`() async throws {
    try await withPair { pair in
      async let read = outcome { try await pair.near.read(exactly: 8) }
      try await pair.reactor.waitUntilParked(readers: 1)
      try await pair.far.write("abc")
      pair.far.reset()
      let result = await read
      #expect(result.code == .connectionReset)
      #expect(try await pair.near.read(upTo: 8) == Array("abc".utf8))
      await expectError(.connectionReset) { try await pair.near.read(upTo: 8) }
    }
  }
}
