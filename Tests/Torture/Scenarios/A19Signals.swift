/// A19, hazard 9: signals interrupt every thread a thousand times a second, with a handler that asks
/// for no restart, during A1, A3, A6 and A13.
///
/// A library that does not expect EINTR fails with "interrupted system call", loses a wake-up, or
/// closes a descriptor twice. Here the results are the same as without.
enum Signals: Scenario {
  static let name = "A19"
  static let summary = "A1, A3, A6 and A13 under a storm of signals"
  static let size = Size.rounds(4_000, brief: 300)
  static let memory = Deadlines.memory

  static func run(_ run: Run) async throws {
    let storm = try SignalStorm()
    let shares: [(any Scenario.Type, Int)] = [
      (CancelledReads.self, run.rounds),
      (CancelledAccepts.self, run.rounds),
      (InterleavedFrames.self, max(1, run.rounds / 100)),
      (Deadlines.self, run.rounds / 2),
    ]
    for (scenario, rounds) in shares {
      let part = run.part(rounds: rounds)
      async let result: Void = scenario.run(part)
      // The watchdog looks at this run only.
      let isDone = Counter()
      async let beats: Void = forwardBeats(of: part, to: run, until: isDone)
      do {
        try await result
        isDone.set(1)
      } catch {
        isDone.set(1)
        throw Failure("\(scenario.name) under signals: \(error)")
      }
      await beats
      run.note("\(scenario.name): \(part.notes)")
    }
    let signals = storm.stop()
    try expect(signals > 0, "signals come", seen: "none")
    run.note("\(signals) signals")
  }

  private static func forwardBeats(of part: Run, to run: Run, until isDone: Counter) async {
    var beats = 0
    while isDone.value == 0 {
      if part.beats.value != beats { run.beat() }
      beats = part.beats.value
      run.begun.set(part.begun.value)
      try? await Task.sleep(for: .milliseconds(20))
    }
  }
}
