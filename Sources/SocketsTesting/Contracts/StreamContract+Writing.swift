internal import Sockets

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
              guard let frame = try await pair.far.read(exactly: size) else {
                throw ContractViolation("the end")
              }
              let task = Int(frame[0])
              try expect(
                task < tasks && frame[2...].allSatisfy { $0 == UInt8(task) },
                orFinding: "a frame that is mixed with another"
              )
              try expect(frame[1], next[task], "of one task, frame ")
              next[task] += 1
            }
          }
          // Leaves at the first failure, unlike `waitForAll()`: the others may wait for ever then.
          for try await _ in group {}
        }
      },
      Rule("a write that is cut short says how much went out, and the next goes on from there") {
        pair in
        let bytes = pattern(pair.size)
        for isCancelled in [true, false] {
          let write: Outcome<Void>?
          if isCancelled {
            write = try await outcomeWhenCancelled {
              try await pair.near.write(bytes)
            } at: {
              try await pair.reactor.waitUntilParked(writers: 1)
            }
          } else {
            write = await outcome {
              try await pair.near.write(bytes, deadline: .now + .milliseconds(20))
            }
          }
          let error = write?.socketError
          try expect(error?.code, isCancelled ? .cancelled : .timedOut)
          guard let count = error?.bytesWritten, 1..<bytes.count ~= count else {
            throw ContractViolation("bytesWritten is \(error?.bytesWritten as Int?)")
          }
          async let next = outcome { try await pair.near.write("next") }
          let received = try await pair.far.read(exactly: count)
          try expect(received, Array(bytes[..<count]))
          try await expect(pair.far.read(exactly: 4), Array("next".utf8))
          let written = await next
          try written.get()
        }
      },
      Rule("a write that waits for another and is cancelled has sent nothing") { pair in
        let bytes = pattern(pair.size)
        async let first = outcome { try await pair.near.write(bytes) }
        try await pair.reactor.waitUntilParked(writers: 1)
        let second = try await outcomeWhenCancelled {
          try await pair.near.write("second")
        } at: {
          try await pair.reactor.waitUntilParked(writers: 2)
        }
        try expectCancelled(second)
        try await expect(pair.far.read(exactly: bytes.count), bytes)
        let written = await first
        try written.get()
        try await pair.near.write("third")
        try await expect(pair.far.read(exactly: 5), Array("third".utf8))
      },
      Rule("the end comes after the writes that were begun before it") { pair in
        let bytes = pattern(pair.size)
        async let write = outcome { try await pair.near.write(bytes) }
        try await pair.reactor.waitUntilParked(writers: 1)
        async let finish = outcome { try await pair.near.finish() }
        try await pair.reactor.waitUntilParked(writers: 2)
        try await expect(pair.far.readAll(), bytes)
        let (written, finished) = await (write, finish)
        try written.get()
        try finished.get()
      },
      Rule("a close ends writes that wait") { pair in
        async let first = outcome { try await pair.near.write(pattern(pair.size)) }
        try await pair.reactor.waitUntilParked(writers: 1)
        async let second = outcome { try await pair.near.write("second") }
        try await pair.reactor.waitUntilParked(writers: 2)
        pair.near.close()
        let (one, two) = await (first, second)
        try expect(one, failedWith: .closed)
        try expect(two, failedWith: .closed)
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
        try expect(received.count, 2 * frames.count, "the number of frames: ")
        for (frame, expected) in zip(received, frames + frames) { try expect(frame, expected) }
        let outcome = await written
        try outcome.get()
      },
      Rule("a frame that its framing refuses sends nothing") { pair in
        let error = try await expectError(.limitExceeded) {
          try await pair.near.write(frame: pattern(256), using: LengthPrefixFraming(.uint8))
        }
        try expect(error.operation, .write)
        try await pair.near.write([7])
        try await expect(pair.far.read(upTo: 9), [7])
      },
    ]
  }
}
