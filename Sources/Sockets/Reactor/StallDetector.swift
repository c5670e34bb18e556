/// Finds, by looking at a loop now and then, that it has been in one turn for too long: a pure value.
struct StallDetector {
  /// How long a turn may take, in nanoseconds.
  let threshold: Int64

  /// The turn that the loop was busy with at the last look; `nil` if it slept.
  private var turn: UInt64?

  /// When this was first seen, in ``LoopTime``.
  private var since: Int64 = 0

  /// Whether the stall was reported.
  private var isReported = false

  init(threshold: Int64) { self.threshold = threshold }

  /// What a look has found.
  struct Finding: Equatable {
    /// How long the turn has taken, between the looks that have seen it: at least that long.
    var nanoseconds: Int64
    /// Whether it is over: then that was how long it took at most, from the first of these looks on.
    var isOver: Bool
  }

  /// Takes a look.
  ///
  /// - Parameters:
  ///   - turn: The number of the loop's turn.
  ///   - isAwake: Whether it is in the midst of it, and not asleep at its end.
  ///   - now: The time, in ``LoopTime``.
  /// - Returns: What is to be reported; `nil` for nothing.
  mutating func look(turn: UInt64, isAwake: Bool, now: Int64) -> Finding? {
    if isAwake, turn == self.turn {
      guard !isReported, now - since >= threshold else { return nil }
      isReported = true
      return Finding(nanoseconds: now - since, isOver: false)
    }
    let finding = isReported ? Finding(nanoseconds: now - since, isOver: true) : nil
    self.turn = isAwake ? turn : nil
    since = now
    isReported = false
    return finding
  }
}
