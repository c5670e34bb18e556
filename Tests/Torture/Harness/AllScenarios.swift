import SampleSupport

/// The scenarios, in the order of `--list`.
let scenarios: [any Scenario.Type] = [
  CancelledReads.self, CancelledExactReads.self, CancelledFrames.self, CancelledAccepts.self,
  CancelledConnects.self, CloseWithPending.self, InterleavedFrames.self, ShortConnections.self,
  StoppedReader.self,
  ResetAfterData.self, HalfClose.self, Deadlines.self, Children.self, Signals.self,
  ReusedNumbers.self, PingPong.self, BothDirections.self, Submissions.self, EndlessFeed.self,
  CancelWhileResumed.self, InterruptedWrites.self, UseAfterClose.self, Churn.self, Reactors.self,
  Wakers.self, NarrowPorts.self, SilentResolver.self, FullQueue.self, ManyEchoes.self,
  NoDescriptors.self, Drain.self, FailingHandlers.self, ConnectingDuringStop.self,
  SlowClients.self, Snapshots.self, Schedules.self, Soak.self,
]

/// Runs every scenario in a process of its own, and judges it from outside (invariant I3): its exit
/// status, and what it has said on standard error.
///
/// - Parameter arguments: The command line.
/// - Throws: ``Failure`` if one of them failed.
func runAll(_ arguments: Arguments) throws {
  let seed = arguments.seed ?? .random(in: 0...UInt64(UInt32.max))
  Program.note("torture all\(arguments.isBrief ? " --brief" : "") --seed \(seed)")
  var failed: [String] = []
  let scenarios = scenarios.filter { $0.environment == nil }
  for scenario in scenarios {
    var words = [scenario.name, "--seed", "\(seed)"]
    if arguments.isBrief { words.append("--brief") }
    if let seconds = arguments.seconds { words += ["--seconds", "\(seconds)"] }
    if let rounds = arguments.rounds { words += ["--rounds", "\(rounds)"] }
    let outcome = try Child.run("/proc/self/exe", ["torture"] + words, for: .seconds(900))
    if let complaint = complaint(about: outcome) {
      failed.append(scenario.name)
      Program.note("\(padded(scenario.name, to: 8))FAILED: \(complaint)\n\(outcome.errors)")
    } else {
      Program.printLine(outcome.output.filter { $0 != "\n" })
    }
  }
  guard failed.isEmpty else {
    throw Failure("\(failed.count) of \(scenarios.count) failed: \(failed), seed \(seed)")
  }
  Program.printLine("all \(scenarios.count) passed, seed \(seed)")
}

/// What is wrong with how a scenario's process ended; `nil` if nothing is.
private func complaint(about outcome: Child.Outcome) -> String? {
  switch outcome.end {
  case .exited(0): break
  case .exited(let status): return "exit status \(status)"
  case .signalled(let signal): return "signal \(signal)"
  case .overdue: return "killed, overdue"
  }
  let marks = ["CONTINUATION MISUSE", "ThreadSanitizer", "AddressSanitizer", "LeakSanitizer"]
  return marks.first { outcome.errors.contains($0) }
}
