import SocketsTesting

/// What scenarios leave to chance.
extension SplitMix64 {
  /// A generator of its own for another task.
  mutating func split() -> SplitMix64 { SplitMix64(seed: next()) }

  /// A number of a range.
  mutating func pick(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

  /// True once in so many times, on average.
  mutating func oneIn(_ count: Int) -> Bool { pick(1...count) == 1 }

  /// Lets a moment pass: nothing at all, a few turns of other tasks, microseconds of work, or a sleep.
  ///
  /// - Parameter longest: The longest sleep.
  mutating func pause(upTo longest: Duration = .microseconds(200)) async {
    switch pick(0...7) {
    case 0: break
    case 1, 2, 3: for _ in 0..<pick(1...6) { await Task.yield() }
    case 4, 5: spin(for: .nanoseconds(pick(0...20_000)))
    default: try? await Task.sleep(for: longest * Double.random(in: 0...1, using: &self))
    }
  }
}

/// Keeps this thread busy.
func spin(for duration: Duration) { spin(until: .now + duration) }

/// Keeps this thread busy until an instant.
func spin(until instant: ContinuousClock.Instant) {
  while ContinuousClock.now < instant {}
}
