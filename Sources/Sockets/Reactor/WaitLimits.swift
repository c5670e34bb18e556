internal import Synchronization

/// How long the operations of one registration may wait, whatever deadline they are given.
struct WaitLimits: ~Copyable, Sendable {
  /// How long a single operation may wait, in nanoseconds; `.max` for no limit.
  private let idle = Atomic<Int64>(.max)

  /// When the registration's time is over, in ``LoopTime``; `.max` for never.
  private let end = Atomic<Int64>(.max)

  /// Sets limits, the lifetime counted from now on.
  ///
  /// - Parameters:
  ///   - idleLimit: How long a single operation may wait; `nil` for no limit.
  ///   - lifetime: How long from now on operations may wait at all; `nil` for no limit.
  func set(idle idleLimit: Duration?, lifetime: Duration?) {
    if let idleLimit { idle.store(LoopTime.nanoseconds(idleLimit), ordering: .relaxed) }
    if let lifetime { end.store(LoopTime.after(lifetime), ordering: .relaxed) }
  }

  /// When an operation that begins to wait now has to give up, in ``LoopTime``.
  ///
  /// - Parameter deadline: Its own deadline.
  /// - Returns: The earliest of all limits; `.max` for never.
  func expiry(_ deadline: ContinuousClock.Instant?) -> Int64 {
    var expiry = min(deadline.map(LoopTime.nanoseconds) ?? .max, end.load(ordering: .relaxed))
    let idle = idle.load(ordering: .relaxed)
    if idle < .max { expiry = min(expiry, LoopTime.after(idle)) }
    return expiry
  }
}
