/// When a loop lends its poller: tried now and then, and again at once for as long as it pays.
struct LoanPolicy {
  /// Whether the tasks that were woken last are all of other executors.
  var wakesPool = false

  /// For how many turns that wake tasks nothing is lent.
  private var turnsLeft = 0

  /// How many turns the last pause took; 1 when it has paid.
  private var pause = 1

  /// The longest pause, in turns: each is twice as long as the one before.
  static let longestPause = 16

  /// Whether to lend in this turn, which wakes tasks.
  mutating func begins() -> Bool {
    if turnsLeft == 0 { return wakesPool }
    turnsLeft -= 1
    return false
  }

  /// Learns whether it has paid.
  mutating func ended(hasPaid: Bool) {
    pause = hasPaid ? 1 : min(2 * pause, Self.longestPause)
    turnsLeft = hasPaid ? 0 : pause
  }
}
