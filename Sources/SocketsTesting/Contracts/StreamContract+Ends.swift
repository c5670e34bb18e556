internal import Sockets

extension StreamContract {
  /// What bytes and ends do.
  package static var ends: [Rule] {
    [
      Rule("the end of the stream is a value, again and again, for every kind of read") { pair in
        try await pair.far.finish()
        for _ in 0..<2 {
          try await expect(pair.near.read(upTo: 8), nil)
          try await expect(pair.near.read(exactly: 8), nil)
          try await expect(pair.near.readIntoSpan(capacity: 8).count, 0)
          for try await _ in pair.near.chunks { throw ContractViolation("a chunk after the end") }
          for try await _ in pair.near.lines() { throw ContractViolation("a line after the end") }
          try await expect(pair.near.read(UInt16.self), nil)
          try await expect(pair.near.read(until: 0), nil)
          try await expect(pair.near.peek(upTo: 1), nil)
          try await expect(pair.near.peek(atLeast: 2), nil)
        }
      },
      Rule("the end comes after the bytes, not instead of them") { pair in
        try await pair.far.write("all of it")
        try await pair.far.finish()
        try await expect(pair.near.readAll(), Array("all of it".utf8))
      },
      Rule("an empty write sends nothing and is no end") { pair in
        try await pair.far.write([UInt8]())
        try await pair.far.write("")
        try await pair.far.write(gathering: [])
        try await pair.far.write(gathering: [[], []])
        try await pair.far.write([7])
        try await expect(pair.near.read(upTo: 8), [7])
      },
      Rule("a read into a span without room returns 0 at once, end or not") { pair in
        try await expect(pair.near.readIntoSpan(capacity: 0).count, 0)
        try await pair.far.write([7])
        try await expect(pair.near.readIntoSpan(capacity: 0).count, 0)
        try await expect(pair.near.read(upTo: 8), [7])
        try await pair.far.finish()
        try await expect(pair.near.read(upTo: 8), nil)
        try await expect(pair.near.readIntoSpan(capacity: 0).count, 0)
      },
      Rule("exactly no bytes are read at once") { pair in
        let none = try await pair.near.read(exactly: 0)
        try expect(none, [])
      },
      Rule("after the peer's end, this end still writes") { pair in
        try await pair.far.finish()
        try await expect(pair.near.read(upTo: 8), nil)
        try await pair.near.write("reply")
        try await pair.near.finish()
        try await expect(pair.far.readAll(), Array("reply".utf8))
        try await expect(pair.near.read(upTo: 8), nil)
      },
      Rule("after its own end, this end still reads") { pair in
        try await pair.near.finish()
        try await expect(pair.far.read(upTo: 8), nil)
        try await pair.far.write("reply")
        try await pair.far.finish()
        try await expect(pair.near.readAll(), Array("reply".utf8))
      },
      Rule("finishing again is harmless, also when both sides are gone") { pair in
        try await pair.near.finish()
        try await pair.near.finish()
        try await pair.far.finish()
        try await expect(pair.near.read(upTo: 1), nil)
        try await expect(pair.far.read(upTo: 1), nil)
        try await pair.near.finish()
        try await pair.far.finish()
      },
      Rule("a write after the end is a broken pipe") { pair in
        try await pair.near.finish()
        for _ in 0..<2 {
          let error = try await expectError(.brokenPipe) { try await pair.near.write("too late") }
          try expect(error.bytesWritten, 0)
        }
        try await expect(pair.far.read(upTo: 8), nil)
      },
    ]
  }

  /// What a close does.
  package static var closing: [Rule] {
    [
      Rule("everything written before the close arrives") { pair in
        let bytes = pattern(300_000)
        async let received = pair.far.readAll()
        try await pair.near.write(bytes)
        pair.near.close()
        let all = try await received
        try expect(all, bytes)
      },
      Rule("closing twice is harmless") { pair in
        pair.near.close()
        pair.near.close()
        pair.near.reset()
        try expect(pair.near.isClosed, orFinding: "the end that was closed says it is not")
        try expect(!pair.far.isClosed, orFinding: "the other end says that it is closed")
      },
      Rule("a close ends a read that waits") { pair in
        async let read = outcome { try await pair.near.read(upTo: 8) }
        try await pair.reactor.waitUntilParked(readers: 1)
        pair.near.close()
        let ended = await read
        try expect(ended, failedWith: .closed)
      },
      Rule("after the close, every operation says so") { pair in
        try await pair.far.write("unread")
        pair.near.close()
        try await expectError(.closed) { try await pair.near.read(upTo: 8) }
        try await expectError(.closed) { try await pair.near.read(exactly: 8) }
        try await expectError(.closed) { try await pair.near.readIntoSpan(capacity: 8) }
        try await expectError(.closed) { try await pair.near.readAll() }
        try await expectError(.closed) { for try await _ in pair.near.chunks {} }
        try await expectError(.closed) { for try await _ in pair.near.lines() {} }
        try await expectError(.closed) { try await pair.near.peek(upTo: 1) }
        try await expectError(.closed) { try await pair.near.write("late") }
        try await expectError(.closed) { try await pair.near.write(gathering: [[1], [2]]) }
        try await expectError(.closed) { try await pair.near.finish() }
        await pair.near.closeGracefully()
      },
      Rule("a second read is refused, and the first is unharmed") { pair in
        async let first = outcome { try await pair.near.read(exactly: 5) }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await expectError(.concurrentRead) { try await pair.near.read(upTo: 8) }
        try await expectError(.concurrentRead) { try await pair.near.read(exactly: 8) }
        try await expectError(.concurrentRead) { try await pair.near.readIntoSpan(capacity: 8) }
        try await expectError(.concurrentRead) { for try await _ in pair.near.chunks {} }
        try await expectError(.concurrentRead) { for try await _ in pair.near.lines() {} }
        try await expectError(.concurrentRead) { try await pair.near.peek(upTo: 8) }
        try await expectError(.concurrentRead) { try await pair.near.read(UInt8.self) }
        try await pair.far.write("first")
        let bytes = try await first.get()
        try expect(bytes, Array("first".utf8))
      },
      Rule("reading and writing do not wait for each other") { pair in
        async let read = outcome { try await pair.near.read(exactly: 4) }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.near.write("there")
        try await expect(pair.far.read(exactly: 5), Array("there".utf8))
        try await pair.far.write("back")
        let bytes = try await read.get()
        try expect(bytes, Array("back".utf8))
      },
    ]
  }
}
