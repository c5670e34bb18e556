import Sockets
import Testing

/// A read that takes a certain sequence of bytes, and makes something of it.
struct BufferedRead<Stream: ByteStream>: Sendable {
  /// What is read, in words.
  let name: String

  /// The bytes that it takes: no more, and no fewer.
  let wire: [UInt8]

  /// What it makes of them.
  let value: String

  /// Whether the end of the stream completes it.
  var endsWithStream = false

  /// Reads.
  let read: @Sendable (Stream, ContinuousClock.Instant?) async throws -> String?

  /// A read of each kind.
  static var all: [BufferedRead] {
    [
      BufferedRead(name: "exactly so many bytes", wire: [1, 2, 3, 4, 5], value: "[1, 2, 3, 4, 5]") {
        try await $0.read(exactly: 5, deadline: $1)?.description
      },
      BufferedRead(name: "an integer", wire: [4, 3, 2, 1], value: "\(0x0102_0304)") {
        try await $0.read(UInt32.self, byteOrder: .littleEndian, deadline: $1)?.description
      },
      BufferedRead(name: "up to a delimiter", wire: Array("ab\rc\r\r\n".utf8), value: "ab\rc\r") {
        try await $0.read(until: "\r\n".utf8, deadline: $1).map {
          String(decoding: $0, as: UTF8.self)
        }
      },
      BufferedRead(
        name: "a line",
        wire: Array("hé\rllo\r\n".utf8),
        value: "hé\rllo",
        endsWithStream: true
      ) {
        try await $0.frame(LineFraming(), $1)
      },
      BufferedRead(name: "a frame after its length", wire: [0, 3, 7, 8, 9], value: "[7, 8, 9]") {
        try await $0.frame(LengthPrefixFraming(.uint16), $1)?.description
      },
      BufferedRead(
        name: "a frame after its variable length",
        wire: [0x81, 1] + pattern(129),
        value: pattern(129).description
      ) {
        try await $0.frame(LengthPrefixFraming(.varint), $1)?.description
      },
      BufferedRead(name: "a frame before a delimiter", wire: [1, 2, 1, 1, 3], value: "[1, 2]") {
        try await $0.frame(DelimiterFraming([1, 1, 3]), $1)?.description
      },
      BufferedRead(name: "a frame of a certain size", wire: [1, 2, 3], value: "[1, 2, 3]") {
        try await $0.frame(FixedSizeFraming(3), $1)?.description
      },
      BufferedRead(name: "a look, then the bytes", wire: [5, 6, 7], value: "[5, 6, 7] [5, 6, 7]") {
        let seen = try await $0.peek(atLeast: 3, deadline: $1)
        return try await $0.read(exactly: 3, deadline: $1).map { "\(seen?.prefix(3) ?? []) \($0)" }
      },
      BufferedRead(
        name: "what a decoder of the user's makes",
        wire: [2, 0, 1, 0, 2],
        value: "[1, 2]"
      ) {
        try await $0.frame(Samples(), $1)?.description
      },
    ]
  }

  /// A user's decoder: a byte that says how many sixteen-bit numbers follow.
  private struct Samples: FrameDecoder {
    func decode(_ buffer: inout ReadBuffer) throws -> [UInt16]? {
      guard !buffer.isEmpty, buffer.count > 2 * Int(buffer[0]) else { return nil }
      let count = Int(buffer[0])
      defer { buffer.skip(1 + 2 * count) }
      return (0..<count).compactMap { buffer.integer(at: 1 + 2 * $0, as: UInt16.self) }
    }
  }
}

extension ByteStream {
  /// The next frame.
  fileprivate func frame<Decoder: FrameDecoder & Sendable>(
    _ decoder: Decoder,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> Decoder.Frame? {
    var iterator = frames(using: decoder).makeAsyncIterator()
    if let deadline { return try await iterator.next(deadline: deadline) }
    return try await iterator.next()
  }
}

extension StreamContract {
  /// What buffered reads do.
  static var buffered: [Rule] {
    BufferedRead<Stream>.all.map { sample in
      Rule("\(sample.name), however the bytes arrive, and nothing behind them") { pair in
        let bytes = sample.wire + [99]
        async let read = outcome { try await sample.read(pair.near, nil) }
        for index in bytes.indices {
          if index < sample.wire.count { try await pair.reactor.waitUntilParked(readers: 1) }
          try await pair.far.write([bytes[index]])
        }
        let value = try await read.get()
        #expect(value == sample.value)
        #expect(try await pair.near.read(upTo: 8) == [99])
        // All at once, and more than one.
        try await pair.far.write(sample.wire + sample.wire + [99])
        #expect(try await sample.read(pair.near, nil) == sample.value)
        #expect(try await sample.read(pair.near, nil) == sample.value)
        #expect(try await pair.near.readIntoSpan(capacity: 8).bytes == [99])
      }
    } + [
      Rule("what is skipped is counted off, also when it is cut short") { pair in
        try await pair.far.write(pattern(1000))
        var count = 1200
        await expectError(.timedOut) {
          try await pair.near.skip(&count, deadline: .now + .milliseconds(5))
        }
        #expect(count >= 200)
        try await pair.far.write(pattern(300))
        try await pair.near.skip(&count)
        #expect(count == 0)
        #expect(try await pair.near.read(exactly: 100) == Array(pattern(300)[200...]))
        count = 8
        try await pair.far.write([1, 2])
        try await pair.far.finish()
        await expectError(.unexpectedEndOfStream) { try await pair.near.skip(&count) }
        #expect(count == 6)
        count = 0
        try await pair.near.skip(&count)
      },
      Rule("at least so many bytes are waited for, at most so many are taken") { pair in
        async let read = outcome { try await pair.near.read(atLeast: 3, atMost: 5) }
        for byte in UInt8(1)...2 {
          try await pair.reactor.waitUntilParked(readers: 1)
          try await pair.far.write([byte])
        }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write([3, 4])
        let bytes = try await read.get()
        #expect(bytes == [1, 2, 3, 4])
        try await pair.far.write([5, 6, 7, 8, 9, 10, 11])
        #expect(try await pair.near.peek(atLeast: 7) == [5, 6, 7, 8, 9, 10, 11])
        #expect(try await pair.near.read(atLeast: 3, atMost: 5) == [5, 6, 7, 8, 9])
        await expectError(.timedOut) {
          try await pair.near.read(atLeast: 3, atMost: 5, deadline: .now + .milliseconds(1))
        }
        #expect(try await pair.near.read(atLeast: 0, atMost: 5) == [])
        #expect(try await pair.near.read(atLeast: 1, atMost: 5) == [10, 11])
      },
      Rule("a look takes nothing, and sees what has arrived") { pair in
        try await pair.far.write("abcdef")
        #expect(try await pair.near.peek(upTo: 2) == Array("ab".utf8))
        #expect(try await pair.near.peek(atLeast: 6) == Array("abcdef".utf8))
        #expect(try await pair.near.peek(upTo: 3) == Array("abc".utf8))
        #expect(try await pair.near.readIntoSpan(capacity: 4).bytes == Array("abcd".utf8))
        #expect(try await pair.near.read(upTo: 9) == Array("ef".utf8))
      },
      Rule("lines and frames follow each other in any mixture") { pair in
        async let written = outcome {
          for number in 0..<300 {
            try await pair.far.write(frame: "line \(number)", using: LineFraming(ending: .crlf))
            try await pair.far.write(
              frame: pattern(number * 7),
              using: LengthPrefixFraming(.varint)
            )
            try await pair.far.write("raw")
          }
          try await pair.far.finish()
        }
        var number = 0
        for try await line in pair.near.lines() {
          #expect(line == "line \(number)")
          var frames = pair.near.frames(using: LengthPrefixFraming(.varint)).makeAsyncIterator()
          #expect(try await frames.next() == pattern(number * 7))
          #expect(try await pair.near.read(exactly: 3) == Array("raw".utf8))
          number += 1
        }
        #expect(number == 300)
        let end = await written
        #expect(throws: Never.self) { try end.get() }
      },
      Rule("what one read has searched in vain, another searches for itself") { pair in
        try await pair.far.write("a;b;c")
        await expectError(.timedOut) {
          try await pair.near.read(until: 0x0A, deadline: .now + .milliseconds(5))
        }
        #expect(try await pair.near.read(until: UInt8(ascii: ";")) == Array("a".utf8))
        await expectError(.timedOut) {
          try await pair.near.read(until: "\r\n".utf8, deadline: .now + .milliseconds(5))
        }
        #expect(try await pair.near.read(until: ";c".utf8) == Array("b".utf8))
      },
      Rule("what exceeds its limit is refused and stays; the other direction goes on") { pair in
        try await pair.far.write("abcdefgh\n")
        for _ in 0..<2 {
          await expectError(.limitExceeded) {
            for try await line in pair.near.lines(limit: 4) { Issue.record("\(line)") }
          }
          await expectError(.limitExceeded) { try await pair.near.read(until: 0x0A, limit: 4) }
        }
        await expectError(.limitExceeded) {
          try await pair.near.read(upTo: 4, deadline: nil) { _ -> Int? in nil }
        }
        try await pair.near.write("too long")
        #expect(try await pair.far.read(exactly: 8) == Array("too long".utf8))
        #expect(try await pair.near.read(until: 0x0A, limit: 8) == Array("abcdefgh".utf8))
      },
      Rule("an error of a decoder reaches the reader, and takes only what the decoder took") {
        pair in
        try await pair.far.write("abc")
        await #expect(throws: Refusal.self) {
          try await pair.near.read { (buffer: inout ReadBuffer) -> Int? in
            buffer.skip(1)
            throw Refusal()
          }
        }
        #expect(try await pair.near.read(exactly: 2) == Array("bc".utf8))
      },
    ]
  }

  /// That a buffered read which is cut short, at whatever byte, loses nothing.
  static var interrupted: [Rule] {
    BufferedRead<Stream>.all.flatMap { sample in
      [
        Rule("\(sample.name), cancelled at any byte, lose nothing") { pair in
          for cut in sample.cuts {
            try await pair.far.write(Array(sample.wire[..<cut]))
            if cut > 0 { _ = try await pair.near.peek(atLeast: cut) }
            let read = Task { await outcome { try await sample.read(pair.near, nil) } }
            try await pair.reactor.waitUntilParked(readers: 1)
            read.cancel()
            #expect(await read.value.isCancellation)
            try await pair.far.write(Array(sample.wire[cut...]))
            #expect(try await sample.read(pair.near, nil) == sample.value, "cut at \(cut)")
          }
        },
        Rule("\(sample.name), out of time at any byte, lose nothing") { pair in
          for cut in sample.cuts {
            try await pair.far.write(Array(sample.wire[..<cut]))
            await expectError(.timedOut) {
              try await sample.read(pair.near, .now + .milliseconds(1))
            }
            if cut % 2 == 1 {
              // The next read need not be of the same kind.
              #expect(try await pair.near.read(exactly: cut) == Array(sample.wire[..<cut]))
              try await pair.far.write(sample.wire)
            } else {
              try await pair.far.write(Array(sample.wire[cut...]))
            }
            #expect(try await sample.read(pair.near, nil) == sample.value, "cut at \(cut)")
          }
        },
      ]
    }
  }

  /// That a buffered read which the end of the stream cuts short loses nothing.
  static var cut: [Rule] {
    BufferedRead<Stream>.all.filter { !$0.endsWithStream }.map { sample in
      Rule("\(sample.name), cut short by the end of the stream, stay readable") { pair in
        let part = Array(sample.wire.dropLast())
        try await pair.far.write(part)
        try await pair.far.finish()
        for _ in 0..<2 {
          await expectError(.unexpectedEndOfStream) { try await sample.read(pair.near, nil) }
        }
        #expect(try await pair.near.readAll() == part)
        #expect(try await sample.read(pair.near, nil) == nil)
      }
    } + [
      Rule("the last line needs no end") { pair in
        try await pair.far.write("one\r\ntwo\r")
        try await pair.far.finish()
        var lines: [String] = []
        for try await line in pair.near.lines() { lines.append(line) }
        #expect(lines == ["one", "two\r"])
      }
    ]
  }
}

/// An error of a decoder of the user's.
private struct Refusal: Error {}

extension BufferedRead {
  /// Where to cut it: everywhere, or, if it is long, here and there.
  fileprivate var cuts: [Int] { wire.indices.filter { $0 < 12 || $0 % 13 == 0 } }
}
