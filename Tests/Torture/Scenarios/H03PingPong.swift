import Sockets

/// Hazard 3: single bytes go back and forth, so that every round trip waits for four edges.
///
/// The moment between EAGAIN and parking is where a wake-up gets lost: the edge comes, finds nobody
/// parked, and the task then parks for ever. One connection in a million hangs, unless readiness is
/// remembered and looked at again in the very step that parks.
enum PingPong: Scenario {
  static let name = "H3"
  static let summary = "no wake-up is lost between EAGAIN and parking"
  static let size = Size.seconds(12, brief: 2)

  private static let pairs = 8

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let trips = (0..<pairs).map { _ in Counter() }
    var worst = Duration.zero
    try await withThrowingTaskGroup { group in
      for trips in trips {
        let (near, far) = try await run.pair(&random)
        group.addTask(executorPreference: run.home(near.reactor, &random)) {
          var byte: UInt8 = 0
          while run.hasTime {
            byte &+= 1
            try await near.write([byte])
            try expect(try await near.read(upTo: 2), [byte], "the byte that comes back")
            trips.add(1)
          }
          try await near.finish()
          try expect(try await near.read(upTo: 1), nil, "the end")
          near.close()
        }
        group.addTask(executorPreference: run.home(far.reactor, &random)) {
          while let bytes = try await far.read(upTo: 2) { try await far.write(bytes) }
          far.close()
        }
      }
      worst = try await watch(trips, run)
      try await group.waitForAll()
    }
    let all = trips.map(\.value)
    let (sum, least) = (all.reduce(0, +), all.min() ?? 0)
    run.note("\(sum) round trips, \(least) of the slowest pair, quiet \(worst.text)")
  }

  /// Fails when a pair has been quiet for a second.
  ///
  /// - Returns: The longest time that one was quiet.
  private static func watch(_ trips: [Counter], _ run: Run) async throws -> Duration {
    var seen = trips.map { ($0.value, ContinuousClock.now) }
    var worst = Duration.zero
    while run.hasTime {
      try await Task.sleep(for: .milliseconds(20))
      let now = ContinuousClock.now
      for (pair, counter) in trips.enumerated() {
        if counter.value != seen[pair].0 { seen[pair] = (counter.value, now) }
        worst = max(worst, now - seen[pair].1)
        try expectPrompt(now - seen[pair].1, "a round trip of pair \(pair) (\(Statistics.text))")
      }
      run.beat()
    }
    return worst
  }
}
