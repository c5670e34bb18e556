import Glibc
import SampleSupport

/// A thread that ends the process when a scenario no longer gets on, and says what it was waiting for.
///
/// It needs nothing of what it watches: no task, no executor, no reactor.
final class Watchdog: Sendable {
  /// How long a scenario may show no sign of life.
  private static let limit = 20 * ProcessFigures.patience

  private static let used = Guarded(Duration.zero)

  /// The processor time that the watchdog of this process has used so far, a tenth of a second ago.
  static var processorTime: Duration { used.copy }

  private let name: String
  private let runs = Guarded<[Run]>([])
  private let isStopped = Counter()
  private let mostThreads = Counter()

  init(_ name: String) {
    self.name = name
    startThread { [self] in guardAll() }
  }

  /// The most threads seen so far, less those of our own.
  var threads: Int { mostThreads.value }

  /// Watches these runs from now on.
  func watch(_ runs: Run...) { self.runs.withLock { $0 = runs } }

  /// Watches no more.
  func stop() { isStopped.set(1) }

  private func guardAll() {
    let begin = ContinuousClock.now
    var beats = 0
    var lastBeat = begin
    var lastNote = begin
    while isStopped.value == 0 {
      Self.used.withLock { $0 = ProcessFigures.threadTime }
      usleep(100_000)  // or less, under a storm of signals
      let time = ContinuousClock.now
      mostThreads.raise(to: ProcessFigures.threads - ownThreads.value)
      let runs = runs.copy
      let now = runs.reduce(0) { $0 &+ $1.beats.value }
      if now != beats { lastBeat = time }
      beats = now
      if time - lastBeat > .seconds(Self.limit) { fail(runs) }
      if time - lastNote > .seconds(2), let run = runs.last, run.begun.value > 0 {
        lastNote = time
        let seconds = decimal((time - begin) / .seconds(1), digits: 0)
        let rounds = run.rounds == .max ? "" : " of \(run.rounds)"
        Program.note("  \(name): \(seconds) s, round \(min(run.begun.value, run.rounds))\(rounds)")
      }
    }
  }

  private func fail(_ runs: [Run]) {
    Program.note("\(name) hangs: no sign of life for \(Self.limit) s")
    // The statistics need the reactors' locks, which may be what hangs.
    startThread {
      Program.note("  figures   \(runs.map(\.notes).joined(separator: " "))")
      Program.note("  reactors  \(Statistics.text)")
    }
    usleep(2_000_000)
    _exit(1)
  }
}
