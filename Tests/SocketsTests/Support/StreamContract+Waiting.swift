import Sockets
import Testing

extension StreamContract {
  /// What cancellation and deadlines do.
  static var cancelling: [Rule] {
    [
      Rule("a cancelled read takes nothing, and the stream goes on") { pair in
        let read = Task { await outcome { try await pair.near.read(upTo: 8) } }
        try await pair.reactor.waitUntilParked(readers: 1)
        read.cancel()
        #expect(await read.value.isCancellation)
        try await pair.far.write("whole")
        #expect(try await pair.near.read(exactly: 5) == Array("whole".utf8))
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
          {
            var count = 1
            try await near.skip(&count)
          },
          { try await near.write(frame: [1], using: LengthPrefixFraming(.uint8)) },
          { try await near.finish() },
        ]
        for operation in operations {
          #expect(await outcomeWhenCancelledBefore(operation)?.isCancellation == true)
        }
        #expect(try await near.read(upTo: 8) == Array("unread".utf8))
        try await near.write("still open")
        #expect(try await far.read(upTo: 64) == Array("still open".utf8))
      },
      Rule("a deadline that has passed ends a read that would wait, at once") { pair in
        for _ in 0..<2 {
          let past = ContinuousClock.now - .seconds(1)
          let error = await expectError(.timedOut) {
            try await pair.near.read(upTo: 8, deadline: past)
          }
          #expect(error?.errno == nil)
        }
        try await pair.far.write("whole")
        #expect(try await pair.near.read(exactly: 5) == Array("whole".utf8))
      },
      Rule("a deadline to come ends the read when it has come, not before") { pair in
        let deadline = ContinuousClock.now + .milliseconds(5)
        await expectError(.timedOut) { try await pair.near.read(upTo: 8, deadline: deadline) }
        #expect(ContinuousClock.now >= deadline)
        try await pair.far.write("whole")
        #expect(try await pair.near.read(exactly: 5) == Array("whole".utf8))
      },
      Rule("a deadline that is not reached does nothing") { pair in
        let deadline = ContinuousClock.now + .seconds(600)
        async let read = outcome { try await pair.near.read(upTo: 8, deadline: deadline) }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write("whole")
        let bytes = try await read.get()
        #expect(bytes == Array("whole".utf8))
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
        #expect(bytes == [1, 2, 3, 4, 5, 6])
        #expect(try await pair.near.read(upTo: 8) == [7])
      },
      Rule("what follows the bytes of an exact read can be read at once") { pair in
        async let read = outcome { try await pair.near.read(exactly: 4) }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write("abcdefgh")
        let bytes = try await read.get()
        #expect(bytes == Array("abcd".utf8))
        let soon = ContinuousClock.now + .seconds(5)
        #expect(try await pair.near.read(exactly: 4, deadline: soon) == Array("efgh".utf8))
      },
      Rule("cut short by a deadline, exactly so many bytes lose nothing") { pair in
        try await pair.far.write("abc")
        let deadline = ContinuousClock.now + .milliseconds(5)
        await expectError(.timedOut) { try await pair.near.read(exactly: 8, deadline: deadline) }
        #expect(try await pair.near.read(upTo: 2) == Array("ab".utf8))
        #expect(try await pair.near.readIntoSpan(capacity: 8).bytes == Array("c".utf8))
        try await pair.far.write("defgh")
        #expect(try await pair.near.read(exactly: 5) == Array("defgh".utf8))
      },
      Rule("cut short by the end, exactly so many bytes lose nothing") { pair in
        try await pair.far.write("abc")
        try await pair.far.finish()
        for _ in 0..<2 {
          await expectError(.unexpectedEndOfStream) { try await pair.near.read(exactly: 8) }
        }
        #expect(try await pair.near.read(exactly: 2) == Array("ab".utf8))
        #expect(try await pair.near.readAll() == Array("c".utf8))
        #expect(try await pair.near.read(exactly: 8) == nil)
      },
      Rule("a chunk begins with what an interrupted read had taken") { pair in
        try await pair.far.write("abc")
        let deadline = ContinuousClock.now + .milliseconds(5)
        await expectError(.timedOut) { try await pair.near.read(exactly: 8, deadline: deadline) }
        try await pair.far.finish()
        var received: [UInt8] = []
        for try await chunk in pair.near.chunks { received += chunk }
        #expect(received == Array("abc".utf8))
      },
    ]
  }
}
