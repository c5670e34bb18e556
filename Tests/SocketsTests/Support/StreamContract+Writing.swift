import Sockets
import Testing

extension StreamContract {
  /// What writes do.
  static var writing: [Rule] {
    [
      Rule("writes of several tasks go out whole, and in each task's order") { pair in
        let (tasks, frames, size) = (4, 3, 100_000)
        try await withThrowingTaskGroup { group in
          for task in 0..<tasks {
            group.addTask {
              for number in 0..<frames {
                var frame = [UInt8](repeating: UInt8(task), count: size)
                frame[1] = UInt8(number)
                try await pair.near.write(frame)
              }
            }
          }
          group.addTask {
            var next = [UInt8](repeating: 0, count: tasks)
            for _ in 0..<tasks * frames {
              let frame = try #require(try await pair.far.read(exactly: size))
              let task = Int(frame[0])
              #expect(frame[1] == next[task])
              next[task] += 1
              #expect(frame[2...].allSatisfy { $0 == UInt8(task) })
            }
          }
          try await group.waitForAll()
        }
      },
      Rule("a write that is cut short says how much went out, and the next goes on from there") {
        pair in
        let bytes = pattern(pair.flood)
        for isCancelled in [true, false] {
          let deadline = isCancelled ? nil : ContinuousClock.now + .milliseconds(20)
          let write = Task {
            await outcome { try await pair.near.write(bytes, deadline: deadline) }
          }
          if isCancelled {
            try await pair.reactor.waitUntilParked(writers: 1)
            write.cancel()
          }
          let error = try #require(await write.value.socketError)
          #expect(error.code == (isCancelled ? .cancelled : .timedOut))
          let count = try #require(error.bytesWritten)
          #expect(1..<bytes.count ~= count)
          async let next = outcome { try await pair.near.write("next") }
          let received = try await pair.far.read(exactly: count)
          #expect(received == Array(bytes[..<count]))
          #expect(try await pair.far.read(exactly: 4) == Array("next".utf8))
          let written = await next
          #expect(throws: Never.self) { try written.get() }
        }
      },
      Rule("a write that waits for another and is cancelled has sent nothing") { pair in
        let bytes = pattern(pair.flood)
        async let first = outcome { try await pair.near.write(bytes) }
        try await pair.reactor.waitUntilParked(writers: 1)
        let second = Task { await outcome { try await pair.near.write("second") } }
        try await pair.reactor.waitUntilParked(writers: 2)
        second.cancel()
        #expect(await second.value.isCancellation)
        #expect(try await pair.far.read(exactly: bytes.count) == bytes)
        let written = await first
        #expect(throws: Never.self) { try written.get() }
        try await pair.near.write("third")
        #expect(try await pair.far.read(upTo: 9) == Array("third".utf8))
      },
      Rule("the end comes after the writes that were begun before it") { pair in
        let bytes = pattern(pair.flood)
        async let write = outcome { try await pair.near.write(bytes) }
        try await pair.reactor.waitUntilParked(writers: 1)
        async let finish = outcome { try await pair.near.finish() }
        try await pair.reactor.waitUntilParked(writers: 2)
        #expect(try await pair.far.readAll() == bytes)
        let (written, finished) = await (write, finish)
        #expect(throws: Never.self) { try written.get() }
        #expect(throws: Never.self) { try finished.get() }
      },
      Rule("a close ends writes that wait") { pair in
        async let first = outcome { try await pair.near.write(pattern(pair.flood)) }
        try await pair.reactor.waitUntilParked(writers: 1)
        async let second = outcome { try await pair.near.write("second") }
        try await pair.reactor.waitUntilParked(writers: 2)
        pair.near.close()
        let (one, two) = await (first, second)
        #expect(one.code == .closed)
        #expect(two.code == .closed)
      },
      Rule("large frames arrive whole") { pair in
        let frames = [0, 1, 1023, 1024, 70_000, 1_000_000].map(pattern)
        let framing = LengthPrefixFraming(.uint32)
        async let written = outcome {
          for frame in frames { try await pair.near.write(frame: frame, using: framing) }
          try await pair.near.write(frames: frames, using: framing)
          try await pair.near.finish()
        }
        var received: [[UInt8]] = []
        for try await frame in pair.far.frames(using: framing) { received.append(frame) }
        #expect(received == frames + frames)
        let outcome = await written
        #expect(throws: Never.self) { try outcome.get() }
      },
      Rule("a frame that its framing refuses sends nothing") { pair in
        let error = await expectError(.limitExceeded) {
          try await pair.near.write(frame: pattern(256), using: LengthPrefixFraming(.uint8))
        }
        #expect(error?.operation == .write)
        try await pair.near.write([7])
        #expect(try await pair.far.read(upTo: 9) == [7])
      },
    ]
  }
}
