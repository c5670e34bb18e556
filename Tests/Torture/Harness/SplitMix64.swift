/// A small generator of random numbers, the same ones for the same seed.
///
/// The algorithm of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): a
/// counter that goes up in steps of the golden ratio, and a mixing function.
struct SplitMix64: RandomNumberGenerator, Sendable {
  private var counter: UInt64

  init(seed: UInt64) { counter = seed }

  mutating func next() -> UInt64 {
    counter &+= 0x9E37_79B9_7F4A_7C15
    var mixed = counter
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

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
