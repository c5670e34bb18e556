import Sockets

/// Hazards 14, 16: eight tasks cancel what eight others resume at the same moment.
///
/// A task that is resumed while a lock is held runs into the lock again, or into the runtime's own: a
/// rare deadlock. A waiter that both sides find is resumed twice. Here every read ends once, and what
/// was written is what was read.
enum CancelWhileResumed: Scenario {
  static let name = "H16"
  static let summary = "cancelling and resuming meet without deadlock"
  static let size = Size.seconds(10, brief: 2)

  private static let lanes = 8

  /// A connection and the read that is in progress on it.
  private final class Lane: Sendable {
    let near: TCPConnection
    let far: TCPConnection
    let read = Guarded<Task<Int, any Error>?>(nil)
    let written = Counter()

    init(_ pair: (TCPConnection, TCPConnection)) { (near, far) = pair }
  }

  static func run(_ run: Run) async throws {
    var random = run.generator()
    var lanes: [Lane] = []
    for _ in 0..<Self.lanes { lanes.append(Lane(try await run.pair(&random))) }
    let cancelled = Counter()
    let reads = Counter()
    try await withThrowingTaskGroup { group in
      for lane in lanes {
        group.addTask { try await readAll(lane, run, cancelled, reads) }
        group.addTask(executorPreference: run.home(lane.far.reactor, &random)) { [lanes] in
          var random = run.generator()
          while run.hasTime {
            let lane = lanes[random.pick(0...lanes.count - 1)]
            try await lane.far.write([1])
            lane.written.add(1)
            await Task.yield()
          }
        }
        group.addTask(executorPreference: run.home(lane.near.reactor, &random)) { [lanes] in
          var random = run.generator()
          while run.hasTime {
            lanes[random.pick(0...lanes.count - 1)].read.copy?.cancel()
            await Task.yield()
          }
          for lane in lanes { lane.read.copy?.cancel() }
        }
      }
      try await group.waitForAll()
    }
    run.note("\(reads.value) reads returned, \(cancelled.value) were cancelled")
  }

  private static func readAll(
    _ lane: Lane,
    _ run: Run,
    _ cancelled: Counter,
    _ reads: Counter
  ) async throws {
    var random = run.generator()
    var received = 0
    while run.hasTime {
      run.beat()
      let home = run.home(lane.near.reactor, &random)
      let task = Task(executorPreference: home) {
        try await lane.near.read(upTo: 100)?.count ?? 0
      }
      lane.read.withLock { $0 = task }
      do {
        received += try await task.value
        reads.add(1)
      } catch is CancellationError {
        cancelled.add(1)
      }
    }
    lane.read.withLock { $0 = nil }
    // The writers may have a byte or two to go.
    _ = await eventually { !run.hasTime }
    try await Task.sleep(for: .milliseconds(100 * ProcessFigures.patience))
    try await lane.far.finish()
    while let bytes = try await lane.near.read(upTo: 60_000) { received += bytes.count }
    try expect(received, lane.written.value, "bytes of a lane")
    lane.near.close()
    lane.far.close()
  }
}
