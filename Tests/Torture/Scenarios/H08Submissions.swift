import Sockets
import SocketsTesting

/// Hazard 8: four threads give jobs to a reactor that is mostly asleep.
///
/// The wake-up of a sleeping thread is lost when the submitter believes that it is still awake, and
/// wake-ups pile up when it believes the opposite. A lost one stalls the task until the next event.
enum Submissions: Scenario {
  static let name = "H8"
  static let summary = "every job given to a sleeping reactor runs, soon"
  static let size = Size.rounds(1_000_000, brief: 40_000)

  static func run(_ run: Run) async throws {
    let reactor = try Reactor.sharedReactors()[0]
    let wakes = reactor.statistics.wakeWrites
    let latencies = try await withThrowingTaskGroup(of: [Duration].self) { group in
      for _ in 0..<4 {
        let random = run.generator()
        group.addTask { await onThread { submit(run.rounds / 4, to: reactor, run, random) } }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let worst = latencies.max() ?? .zero
    try expectPrompt(worst, "a job")
    let woken = reactor.statistics.wakeWrites - wakes
    let jobs = run.rounds / 4 * 4
    run.note("\(jobs) jobs, \(woken) wake-ups, worst of \(latencies.count) \(worst.text)")
  }

  /// Submits jobs in bursts, and waits for the last of each.
  ///
  /// - Returns: How long the last ones took.
  private static func submit(
    _ jobs: Int,
    to reactor: Reactor,
    _ run: Run,
    _ generator: SplitMix64
  ) -> [Duration] {
    var random = generator
    var worst: [Duration] = []
    let done = Counter()
    var submitted = 0
    while submitted < jobs {
      let burst = min(jobs - submitted, random.pick(1...64))
      let begin = ContinuousClock.now
      for _ in 0..<burst { Task.detached(executorPreference: reactor) { done.add(1) } }
      submitted += burst
      while done.value < submitted { yieldThread() }
      worst.append(.now - begin)
      run.begun.add(burst)
      run.beat()
      // Long enough for the reactor to fall asleep, or just not.
      spin(for: .nanoseconds(random.pick(0...30_000)))
    }
    return worst
  }
}
