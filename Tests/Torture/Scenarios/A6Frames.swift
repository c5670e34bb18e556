import Sockets

/// A6, hazard 21: many tasks write large frames on one connection with small buffers.
///
/// A write of this size takes many system calls, with waits between them. A library whose write gives
/// up its place while it waits lets another task's bytes into the middle of a frame.
enum InterleavedFrames: Scenario {
  static let name = "A6"
  static let summary = "large writes of many tasks stay whole, and in each task's order"
  static let size = Size.rounds(50, brief: 6)

  private static let tasks = 16
  private static let frame = 400_000

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let (writing, reading) = try await run.pair(&random)
    try RawSocket.setBuffers(of: writing, to: 4096)
    try RawSocket.setBuffers(of: reading, to: 32_768)
    let rounds = run.rounds

    try await withThrowingTaskGroup { group in
      for task in 0..<tasks {
        group.addTask(executorPreference: run.home(writing.reactor, &random)) {
          var bytes = [UInt8](repeating: UInt8(task) + 0x41, count: frame)
          for number in 0..<rounds {
            bytes[1] = UInt8(truncatingIfNeeded: number)
            try await writing.write(bytes)
          }
        }
      }
      let reader = run.home(reading.reactor, &random)
      group.addTask(executorPreference: reader) { try await check(reading, run, rounds * tasks) }
      try await group.waitForAll()
    }
    writing.close()
    reading.close()
    run.note("\(rounds * tasks) frames of \(frame) bytes from \(tasks) tasks")
  }

  /// Reads frames and compares every byte.
  private static func check(_ connection: TCPConnection, _ run: Run, _ frames: Int) async throws {
    var random = run.generator()
    var next = [Int](repeating: 0, count: tasks)
    var seen = 0
    var head: [UInt8] = []
    let whole = (0..<tasks).map { [UInt8](repeating: UInt8($0) + 0x41, count: 100_000) }
    for frame in 0..<frames {
      run.begun.set(frame / tasks)
      head = try await connection.read(exactly: 2) ?? []
      let task = Int(head[0]) - 0x41
      try expect((0..<tasks).contains(task), "frame \(frame) begins", seen: "\(head)")
      try expect(head[1], UInt8(truncatingIfNeeded: next[task]), "number of frame of \(task)")
      next[task] += 1
      seen = head.count
      while seen < Self.frame {
        run.beat()
        let limit = min(Self.frame - seen, random.pick(1...100_000))
        let bytes = try await connection.read(upTo: limit) ?? []
        try expect(!bytes.isEmpty, "\(frames) frames", seen: "end within frame \(frame)")
        try expect(
          areEqual(bytes, whole[task].prefix(bytes.count)),
          "frame \(frame) is of one task",
          seen: "other bytes after \(seen)"
        )
        seen += bytes.count
      }
    }
    try expect(next, Array(repeating: frames / tasks, count: tasks), "frames of each task")
  }
}
