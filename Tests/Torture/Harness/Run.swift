import Sockets
import SocketsTesting
import Synchronization

/// One run of a scenario: its size, its random choices, its progress and its figures.
final class Run: Sendable {
  /// How many rounds to do; `Int.max` if only the time counts.
  let rounds: Int

  /// The time to go on for; `nil` if only the rounds count.
  let seconds: Double?

  /// Rounds begun so far.
  let begun = Counter()

  /// Signs of life, for the watchdog.
  let beats = Counter()

  /// What all chance follows from.
  let seed: UInt64

  private let end: ContinuousClock.Instant?
  private let random: Guarded<SplitMix64>
  private let figures = Guarded<[String]>([])

  init(rounds: Int, seconds: Double?, seed: UInt64) {
    self.rounds = rounds
    self.seconds = seconds
    self.seed = seed
    end = seconds.map { .now + .seconds($0) }
    random = Guarded(SplitMix64(seed: seed))
  }

  /// Whether there is time left.
  var hasTime: Bool { end.map { ContinuousClock.now < $0 } ?? true }

  /// Begins a round, if there is one left and time for it.
  ///
  /// - Returns: Whether to do it.
  func next() -> Bool {
    guard hasTime, begun.add(1) <= rounds else { return false }
    beats.add(1)
    return true
  }

  /// Shows that the scenario gets on.
  func beat() { beats.add(1) }

  /// Random numbers for one task.
  func generator() -> SplitMix64 { random.withLock { $0.split() } }

  /// Notes a figure for the line at the end.
  func note(_ figure: String) { figures.withLock { $0.append(figure) } }

  /// What was noted, in one line.
  var notes: String { figures.withLock { $0.joined(separator: ", ") } }

  /// A run for a part of this one.
  ///
  /// - Parameter rounds: Its rounds.
  /// - Returns: The run.
  func part(rounds: Int) -> Run {
    Run(rounds: rounds, seconds: nil, seed: random.withLock { $0.next() })
  }
}

/// A number that any task can count up.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)

  /// The number now.
  var value: Int { number.load(ordering: .sequentiallyConsistent) }

  /// Adds to it.
  ///
  /// - Parameter amount: How much.
  /// - Returns: The sum.
  @discardableResult
  func add(_ amount: Int) -> Int {
    number.add(amount, ordering: .sequentiallyConsistent).newValue
  }

  /// Keeps the largest number seen.
  func raise(to amount: Int) { number.max(amount, ordering: .sequentiallyConsistent) }

  /// Sets it.
  func set(_ amount: Int) { number.store(amount, ordering: .sequentiallyConsistent) }
}

/// How long many things took.
final class Latencies: Sendable {
  private let all = Guarded<[Duration]>([])

  /// Adds one.
  func add(_ duration: Duration) { all.withLock { $0.append(duration) } }

  /// How many there are.
  var count: Int { all.withLock { $0.count } }

  /// The longest.
  var worst: Duration { all.withLock { $0.max() ?? .zero } }

  /// The one that a part of all do not exceed.
  func quantile(_ part: Double) -> Duration {
    all.withLock { all in
      let sorted = all.sorted()
      return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, Int(Double(all.count) * part))]
    }
  }

  /// Median and worst in milliseconds.
  var text: String { "median \(quantile(0.5).text), worst \(worst.text)" }
}

extension Duration {
  /// In milliseconds.
  var text: String { "\(decimal(self / .milliseconds(1), digits: 2)) ms" }
}

/// A number with so many digits after the point.
func decimal(_ number: Double, digits: Int) -> String {
  let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
  let whole = Int((abs(number) * scale).rounded())
  let sign = number < 0 && whole > 0 ? "-" : ""
  guard digits > 0 else { return sign + String(whole) }
  let fraction = String(whole % Int(scale))
  let zeros = String(repeating: "0", count: digits - fraction.count)
  return "\(sign)\(whole / Int(scale)).\(zeros)\(fraction)"
}
