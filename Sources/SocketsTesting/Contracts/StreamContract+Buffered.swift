internal import Sockets

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
        try expect(value, sample.value)
        try await expect(pair.near.read(upTo: 8), [99])
        // All at once, and more than one.
        try await pair.far.write(sample.wire + sample.wire + [99])
        try await expect(sample.read(pair.near, nil), sample.value)
        try await expect(sample.read(pair.near, nil), sample.value)
        try await expect(pair.near.readIntoSpan(capacity: 8).bytes, [99])
      }
    } + [
      Rule("what is skipped is gone, and nothing behind it") { pair in
        try await pair.far.write(pattern(300))
        try await pair.near.skip(200)
        try await pair.near.skip(0)
        try await expect(pair.near.read(exactly: 100), Array(pattern(300)[200...]))
        try await pair.far.write([1, 2])
        try await pair.far.finish()
        try await expectError(.unexpectedEndOfStream) { try await pair.near.skip(8) }
      },
      Rule("a skip that is cut short has counted off what it skipped") { pair in
        try await pair.far.write(pattern(1000))
        var remaining = 1200
        try await expectError(.timedOut) {
          try await pair.near.skip(remaining: &remaining, deadline: .now + .milliseconds(5))
        }
        try expect(remaining >= 200, orFinding: "\(1200 - remaining) bytes of 1000 are skipped")
        try await pair.far.write(pattern(300))
        try await pair.near.skip(remaining: &remaining)
        try expect(remaining, 0)
        try await expect(pair.near.read(exactly: 100), Array(pattern(300)[200...]))
        remaining = 8
        try await pair.far.write([1, 2])
        try await pair.far.finish()
        try await expectError(.unexpectedEndOfStream) {
          try await pair.near.skip(remaining: &remaining)
        }
        try expect(remaining, 6)
        remaining = 0
        try await pair.near.skip(remaining: &remaining)
      },
      Rule("at least so many bytes are waited for, at most so many are taken") { pair in
        async let read = outcome { try await pair.near.read(atLeast: 3, atMost: 5) }
        for byte in UInt8(1)...2 {
          try await pair.reactor.waitUntilParked(readers: 1)
          try await pair.far.write([byte])
        }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write([3, 4])
        let bytes = try await read.get() ?? []
        try expect(3...4 ~= bytes.count, orFinding: "\(bytes.count) bytes, not 3 or 4")
        let rest = try await pair.near.read(exactly: 4 - bytes.count)
        try expect(bytes + (rest ?? []), [1, 2, 3, 4])
        try await pair.far.write([5, 6, 7, 8, 9, 10, 11])
        try await expect(pair.near.peek(atLeast: 7), [5, 6, 7, 8, 9, 10, 11])
        try await expect(pair.near.read(atLeast: 3, atMost: 5), [5, 6, 7, 8, 9])
        try await expectError(.timedOut) {
          try await pair.near.read(atLeast: 3, atMost: 5, deadline: .now + .milliseconds(1))
        }
        try await expect(pair.near.read(atLeast: 0, atMost: 5), [])
        try await expect(pair.near.read(atLeast: 1, atMost: 5), [10, 11])
      },
      Rule("a look takes nothing, and sees what has arrived") { pair in
        try await pair.far.write("abcdef")
        try await expect(pair.near.peek(atLeast: 6), Array("abcdef".utf8))
        try await expect(pair.near.peek(upTo: 2), Array("ab".utf8))
        try await expect(pair.near.peek(upTo: 3), Array("abc".utf8))
        try await expect(pair.near.readIntoSpan(capacity: 4).bytes, Array("abcd".utf8))
        try await expect(pair.near.read(upTo: 9), Array("ef".utf8))
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
          try expect(line, "line \(number)")
          var frames = pair.near.frames(using: LengthPrefixFraming(.varint)).makeAsyncIterator()
          try await expect(frames.next(), pattern(number * 7))
          try await expect(pair.near.read(exactly: 3), Array("raw".utf8))
          number += 1
        }
        try expect(number, 300)
        let end = await written
        try end.get()
      },
      Rule("what one read has searched in vain, another searches for itself") { pair in
        try await pair.far.write("a;b;c")
        try await expectError(.timedOut) {
          try await pair.near.read(until: 0x0A, deadline: .now + .milliseconds(5))
        }
        try await expect(pair.near.read(until: UInt8(ascii: ";")), Array("a".utf8))
        try await expectError(.timedOut) {
          try await pair.near.read(until: "\r\n".utf8, deadline: .now + .milliseconds(5))
        }
        try await expect(pair.near.read(until: ";c".utf8), Array("b".utf8))
      },
      Rule("what exceeds its limit is refused and stays; the other direction goes on") { pair in
        try await pair.far.write("abcdefgh\n")
        for _ in 0..<2 {
          try await expectError(.limitExceeded) {
            for try await line in pair.near.lines(limit: 4) {
              throw ContractViolation("the line \(line)")
            }
          }
          try await expectError(.limitExceeded) { try await pair.near.read(until: 0x0A, limit: 4) }
        }
        try await expectError(.limitExceeded) {
          try await pair.near.read(upTo: 4, deadline: nil) { _ -> Int? in nil }
        }
        try await pair.near.write("too long")
        try await expect(pair.far.read(exactly: 8), Array("too long".utf8))
        try await expect(pair.near.read(until: 0x0A, limit: 8), Array("abcdefgh".utf8))
      },
      Rule("an error of a decoder reaches the reader, and takes only what the decoder took") {
        pair in
        try await pair.far.write("abc")
        let read = await outcome {
          try await pair.near.read { (buffer: inout ReadBuffer) -> Int? in
            buffer.skip(1)
            throw Refusal()
          }
        }
        guard case .failure(is Refusal) = read else {
          throw ContractViolation("\(read), not the decoder's error")
        }
        try await expect(pair.near.read(exactly: 2), Array("bc".utf8))
      },
    ]
  }
}

/// An error of a decoder of the user's.
private struct Refusal: Error {}
