internal import Synchronization

/// How long the operations of one registration may take, whatever deadline they are given.
struct WaitLimits: ~Copyable, Sendable {
  /// How long a single operation may wait without getting on, in nanoseconds; `.max` for no limit.
  private let idle = Atomic<Int64>(.max)

  /// When the first reading operation must have ended, in ``LoopTime``; `.max` for never, and once it has.
  private let first = Atomic<Int64>(.max)

  /// When the registration's time is over, in ``LoopTime``; `.max` for never.
  private let end = Atomic<Int64>(.max)

  /// Sets limits, counted from now on; `nil` for none.
  ///
  /// - Parameters:
  ///   - idleLimit: How long a single operation may wait without getting on.
  ///   - firstRead: How long until the next reading operation must have ended.
  ///   - lifetime: How long from now on operations may go on at all.
  func set(idle idleLimit: Duration?, firstRead: Duration?, lifetime: Duration?) {
    idle.store(idleLimit.map(LoopTime.nanoseconds) ?? .max, ordering: .relaxed)
    first.store(firstRead.map(LoopTime.after) ?? .max, ordering: .relaxed)
    end.store(lifetime.map(LoopTime.after) ?? .max, ordering: .relaxed)
  }

  /// Takes note that a reading operation has ended.
  @inline(__always)
  func noteRead() {
    if first.load(ordering: .relaxed) < .max { first.store(.max, ordering: .relaxed) }
  }

  /// When an operation has to give up however well it gets on, in ``LoopTime``.
  ///
  /// - Parameters:
  ///   - direction: Its direction.
  ///   - deadline: Its own deadline, in ``LoopTime``.
  /// - Returns: The earliest of all limits but the idle one; `.max` for never.
  func end(_ direction: Direction, _ deadline: Int64) -> Int64 {
    let end = min(deadline, end.load(ordering: .relaxed))
    return direction == .read ? min(end, first.load(ordering: .relaxed)) : end
  }

  /// When an operation that begins to wait now has to give up, in ``LoopTime``.
  ///
  /// - Parameters:
  ///   - direction: Its direction.
  ///   - deadline: Its own deadline, in ``LoopTime``.
  /// - Returns: The earliest of all limits; `.max` for never.
  func expiry(_ direction: Direction, _ deadline: Int64) -> Int64 {
    let end = end(direction, deadline)
    let idle = idle.load(ordering: .relaxed)
    return idle < .max ? min(end, LoopTime.after(idle)) : end
  }
}
