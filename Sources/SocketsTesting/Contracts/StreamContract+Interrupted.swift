internal import Sockets

extension StreamContract {
  /// That a buffered read which is cut short, at whatever byte, loses nothing.
  static var interrupted: [Rule] {
    BufferedRead<Stream>.all.flatMap { sample in
      [
        Rule("\(sample.name), cancelled at any byte, lose nothing") { pair in
          for cut in sample.cuts {
            try await pair.far.write(Array(sample.wire[..<cut]))
            if cut > 0 { _ = try await pair.near.peek(atLeast: cut) }
            let read = try await outcomeWhenCancelled {
              try await sample.read(pair.near, nil)
            } at: {
              try await pair.reactor.waitUntilParked(readers: 1)
            }
            try expectCancelled(read, "cut at \(cut): ")
            try await pair.far.write(Array(sample.wire[cut...]))
            try await expect(sample.read(pair.near, nil), sample.value, "cut at \(cut): ")
          }
        },
        Rule("\(sample.name), out of time at any byte, lose nothing") { pair in
          for cut in sample.cuts {
            try await pair.far.write(Array(sample.wire[..<cut]))
            try await expectError(.timedOut) {
              try await sample.read(pair.near, .now + .milliseconds(1))
            }
            if cut % 2 == 1 {
              // The next read need not be of the same kind.
              try await expect(pair.near.read(exactly: cut), Array(sample.wire[..<cut]))
              try await pair.far.write(sample.wire)
            } else {
              try await pair.far.write(Array(sample.wire[cut...]))
            }
            try await expect(sample.read(pair.near, nil), sample.value, "cut at \(cut): ")
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
          try await expectError(.unexpectedEndOfStream) { try await sample.read(pair.near, nil) }
        }
        try await expect(pair.near.readAll(), part)
        try await expect(sample.read(pair.near, nil), nil)
      }
    } + [
      Rule("the last line needs no end") { pair in
        try await pair.far.write("one\r\ntwo\r")
        try await pair.far.finish()
        var lines: [String] = []
        for try await line in pair.near.lines() { lines.append(line) }
        try expect(lines, ["one", "two\r"])
      }
    ]
  }
}

extension BufferedRead {
  /// Where to cut it: everywhere, or, if it is long, here and there.
  fileprivate var cuts: [Int] { wire.indices.filter { $0 < 12 || $0 % 13 == 0 } }
}
