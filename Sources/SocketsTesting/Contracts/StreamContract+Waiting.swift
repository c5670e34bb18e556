internal import Sockets

extension StreamContract {
  /// What cancellation and deadlines do.
  package static var cancelling: [Rule] {
    [
      Rule("a cancelled read takes nothing, and the stream goes on") { pair in
        let read = try await outcomeWhenCancelled {
          try await pair.near.read(upTo: 8)
        } at: {
          try await pair.reactor.waitUntilParked(readers: 1)
        }
        try expectCancelled(read)
        try await pair.far.write("whole")
        try await expect(pair.near.read(exactly: 5), Array("whole".utf8))
      },
      Rule("in a task that is cancelled already, no operation begins") { pair in
        try await pair.far.write("unread")
        let (near, far) = (pair.near, pair.far)
        let operations: [@Sendable () async throws -> Void] = [
          { _ = try await near.read(upTo: 8) },
          { _ = try await near.read(exactly: 8) },
          { _ = try await near.readIntoSpan(capacity: 8) },
          { for try await _ in near.chunks {} },
          { try await near.write("late") },
          { try await near.write([1, 2, 3][...]) },
          { try await near.write(gathering: [[1], [2]]) },
          { _ = try await near.peek(upTo: 1) },
          { _ = try await near.read(until: 0x0A) },
          { for try await _ in near.lines() {} },
          { try await near.skip(1) },
          { try await near.write(frame: [1], using: LengthPrefixFraming(.uint8)) },
          { try await near.finish() },
        ]
        for (number, operation) in operations.enumerated() {
          let outcome = await outcomeWhenCancelledBefore(operation)
          try expectCancelled(outcome, "operation \(number) of the list there: ")
        }
        try await expect(near.read(exactly: 6), Array("unread".utf8))
        try await near.write("still open")
        try await expect(far.read(exactly: 10), Array("still open".utf8))
      },
      Rule("a deadline that has passed ends a read that would wait, at once") { pair in
        for _ in 0..<2 {
          let past = ContinuousClock.now - .seconds(1)
          let error = try await expectError(.timedOut) {
            try await pair.near.read(upTo: 8, deadline: past)
          }
          try expect(error.errno, nil)
        }
        try await pair.far.write("whole")
        try await expect(pair.near.read(exactly: 5), Array("whole".utf8))
      },
      Rule("a deadline to come ends the read when it has come, not before") { pair in
        let deadline = ContinuousClock.now + .milliseconds(5)
        try await expectError(.timedOut) { try await pair.near.read(upTo: 8, deadline: deadline) }
        try expect(ContinuousClock.now >= deadline, orFinding: "the deadline is yet to come")
        try await pair.far.write("whole")
        try await expect(pair.near.read(exactly: 5), Array("whole".utf8))
      },
      Rule("a deadline that is not reached does nothing") { pair in
        let deadline = ContinuousClock.now + .seconds(600)
        async let read = outcome { try await pair.near.read(upTo: 8, deadline: deadline) }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write("whole")
        let bytes = try await read.get() ?? []
        let rest = try await pair.near.read(exactly: 5 - bytes.count)
        try expect(bytes + (rest ?? []), Array("whole".utf8))
      },
    ]
  }

  /// What cuts `read(exactly:)` short, and that it loses nothing.
  static var exactly: [Rule] {
    [
      Rule("exactly so many bytes are read, however they arrive") { pair in
        async let read = outcome { try await pair.near.read(exactly: 6) }
        for byte in UInt8(1)...7 {
          try await pair.reactor.waitUntil { $0.parkedReaders == 1 || byte == 7 }
          try await pair.far.write([byte])
        }
        let bytes = try await read.get()
        try expect(bytes, [1, 2, 3, 4, 5, 6])
        try await expect(pair.near.read(upTo: 8), [7])
      },
      Rule("what follows the bytes of an exact read can be read at once") { pair in
        async let read = outcome { try await pair.near.read(exactly: 4) }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write("abcdefgh")
        let bytes = try await read.get()
        try expect(bytes, Array("abcd".utf8))
        let soon = ContinuousClock.now + .seconds(5)
        try await expect(pair.near.read(exactly: 4, deadline: soon), Array("efgh".utf8))
      },
      Rule("cut short by a deadline, exactly so many bytes lose nothing") { pair in
        try await pair.far.write("abc")
        let deadline = ContinuousClock.now + .milliseconds(5)
        try await expectError(.timedOut) {
          try await pair.near.read(exactly: 8, deadline: deadline)
        }
        try await expect(pair.near.read(exactly: 2), Array("ab".utf8))
        try await expect(pair.near.readIntoSpan(capacity: 8).bytes, Array("c".utf8))
        try await pair.far.write("defgh")
        try await expect(pair.near.read(exactly: 5), Array("defgh".utf8))
      },
      Rule("cut short by the end, exactly so many bytes lose nothing") { pair in
        try await pair.far.write("abc")
        try await pair.far.finish()
        for _ in 0..<2 {
          try await expectError(.unexpectedEndOfStream) { try await pair.near.read(exactly: 8) }
        }
        try await expect(pair.near.read(exactly: 2), Array("ab".utf8))
        try await expect(pair.near.readAll(), Array("c".utf8))
        try await expect(pair.near.read(exactly: 8), nil)
      },
      Rule("a chunk begins with what an interrupted read had taken") { pair in
        try await pair.far.write("abc")
        let deadline = ContinuousClock.now + .milliseconds(5)
        try await expectError(.timedOut) {
          try await pair.near.read(exactly: 8, deadline: deadline)
        }
        try await pair.far.finish()
        var received: [UInt8] = []
        for try await chunk in pair.near.chunks { received += chunk }
        try expect(received, Array("abc".utf8))
      },
    ]
  }
}
