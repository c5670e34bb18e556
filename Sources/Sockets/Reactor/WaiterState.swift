/// The state of one direction, reading or writing, of one registration: a pure value.
///
/// It is one word, so that ``Waiter`` can keep it in an atomic and any thread can take any
/// transition without a lock. Transitions return what is to be done; they resume nothing and call
/// nothing.
///
/// An operation goes through these steps:
///
///     claim ─┬─ go ──→ (system call) ─→ leave ─→ release
///            └─ wait ─→ park ··· resumed ··· ─→ enter ─→ (system call) ─→ leave ─→ release
///
/// **Readiness** is sticky: epoll is edge-triggered, so it tells of readiness once, and the bit stays
/// until a system call has shown that it is used up. The bit is cleared *before* the system call and
/// set again after a call that may have left something. An edge that arrives during the call sets
/// the bit itself and so can't be erased by the call's EAGAIN. (The alternative is a counter of
/// edges, compared after the call; a counter can be too narrow and wrap, this order cannot.)
///
/// **Interruption** (cancellation, a deadline) is a permit, as in `unpark`: it wakes the operation, or
/// makes its next park return at once. It carries no verdict. The operation itself looks whether its
/// task is cancelled or its deadline has passed, so an interruption that comes too late and hits a
/// later operation costs that one a look, no more.
///
/// **Turns.** A second operation of the same direction finds it busy. Reads fail then; writes and
/// accepts queue up, and the `contended` bit makes the owner hand its claim over instead of giving it
/// back, so that nobody overtakes the queue.
///
/// **Closing** is final. It reports whether a system call is in flight: the descriptor's number may
/// be released only when none is.
struct WaiterState: Equatable {
  /// The bits below, and the number of operations in a row that did not park in the top byte.
  var rawValue: UInt32

  /// Readiness is unknown: the first operation tries its system call before it waits.
  static let untried = WaiterState(rawValue: Bit.ready)

  /// Not ready until an edge says so.
  static let waiting = WaiterState(rawValue: 0)

  /// How many operations may follow each other without parking before one must yield the thread.
  static let operationsBeforeYield: UInt32 = 64

  private enum Bit {
    /// The descriptor may be ready: an edge has come that no system call has used up.
    static let ready: UInt32 = 1 << 0
    /// An operation owns this direction.
    static let claimed: UInt32 = 1 << 1
    /// The owner's task is stored and not yet taken.
    static let parked: UInt32 = 1 << 2
    /// The owner may be in a system call.
    static let entered: UInt32 = 1 << 3
    /// An interruption has come that no park has seen.
    static let interrupted: UInt32 = 1 << 4
    /// The peer has ended its side, or the socket has an error: nothing more is sure to make an edge.
    static let hungUp: UInt32 = 1 << 5
    /// The registration is gone.
    static let closed: UInt32 = 1 << 6
    /// Operations are queued for the claim.
    static let contended: UInt32 = 1 << 7
    /// One operation in the count of operations that did not park.
    static let oneOperation: UInt32 = 1 << 24
  }

  var isReady: Bool { rawValue & Bit.ready != 0 }
  var isClaimed: Bool { rawValue & Bit.claimed != 0 }
  var isParked: Bool { rawValue & Bit.parked != 0 }
  var isEntered: Bool { rawValue & Bit.entered != 0 }
  var hasHungUp: Bool { rawValue & Bit.hungUp != 0 }
  var isClosed: Bool { rawValue & Bit.closed != 0 }

  /// What an operation does next.
  enum Step {
    /// Make the system call, then `leave`.
    case go
    /// As `go`, but let other tasks of this thread run first: this one has not parked for long.
    case yieldThenGo
    /// `park`: nothing is ready.
    case wait
    /// Another operation owns this direction; this one has not begun.
    case busy
    /// The registration is gone; `release` if the operation had begun.
    case closed
  }

  /// Begins an operation.
  mutating func claim() -> Step {
    if rawValue & Bit.closed != 0 { return .closed }
    if rawValue & (Bit.claimed | Bit.contended) != 0 { return .busy }
    rawValue = (rawValue | Bit.claimed) & ~Bit.interrupted
    guard rawValue & Bit.ready != 0 else { return .wait }
    rawValue = (rawValue | Bit.entered) & ~Bit.ready
    if rawValue / Bit.oneOperation < Self.operationsBeforeYield {
      rawValue += Bit.oneOperation
      return .go
    }
    rawValue %= Bit.oneOperation
    return .yieldThenGo
  }

  /// Goes on with an operation that has parked, or was told not to.
  mutating func enter() -> Step {
    if rawValue & Bit.closed != 0 { return .closed }
    guard rawValue & Bit.ready != 0 else { return .wait }
    rawValue = (rawValue | Bit.entered) & ~Bit.ready
    return .go
  }

  /// Ends a system call.
  ///
  /// - Parameter usedUp: Whether the call has shown that the readiness is used up: it said EAGAIN, or
  ///   it transferred less than it could have (then a hang-up overrules it: what follows the data
  ///   may be an end or an error, and no edge may come for it).
  /// - Returns: Whether the registration was closed during the call, so that the descriptor is this
  ///   operation's to release.
  mutating func leave(usedUp: UsedUp) -> Bool {
    rawValue &= ~Bit.entered
    switch usedUp {
    case .yes: break
    case .unlessHungUp: if rawValue & Bit.hungUp != 0 { rawValue |= Bit.ready }
    case .no: rawValue |= Bit.ready
    }
    return rawValue & Bit.closed != 0
  }

  /// What a system call has shown about readiness.
  enum UsedUp {
    /// EAGAIN.
    case yes
    /// A short transfer.
    case unlessHungUp
    /// Neither: there may be more.
    case no
  }

  /// Ends an operation.
  ///
  /// - Returns: Whether others queue for the claim: it is then kept, for `pass` to hand over.
  mutating func release() -> Bool {
    rawValue &= ~Bit.interrupted
    if rawValue & Bit.contended != 0 { return true }
    rawValue &= ~Bit.claimed
    return false
  }

  /// Joins the queue for the claim.
  ///
  /// - Returns: `false` if there is nothing to queue for: the claim is free, or the registration gone.
  mutating func contend() -> Bool {
    guard rawValue & Bit.closed == 0 else { return false }
    guard rawValue & (Bit.claimed | Bit.contended) != 0 else { return false }
    rawValue |= Bit.contended
    return true
  }

  /// Takes note that the last of the queue has left it.
  mutating func leaveQueue() { rawValue &= ~Bit.contended }

  /// Hands the claim to the head of the queue, or gives it back if nobody is left.
  mutating func pass(toSomebody: Bool, queueIsEmpty: Bool) {
    if !toSomebody { rawValue &= ~Bit.claimed }
    if queueIsEmpty { rawValue &= ~Bit.contended }
  }

  /// Goes to sleep.
  ///
  /// - Returns: `false` if there is a reason not to sleep: readiness, an interruption, the close. The
  ///   task then stays the caller's to resume.
  mutating func park() -> Bool {
    if rawValue & (Bit.ready | Bit.interrupted | Bit.closed) != 0 {
      rawValue &= ~Bit.interrupted
      return false
    }
    rawValue = (rawValue | Bit.parked) % Bit.oneOperation
    return true
  }

  /// Takes an edge of epoll.
  ///
  /// - Parameter hangUp: Whether the edge also tells of an end or an error.
  /// - Returns: Whether the parked task is now the caller's to resume.
  mutating func ready(hangUp: Bool) -> Bool {
    rawValue |= hangUp ? Bit.ready | Bit.hungUp : Bit.ready
    return unpark()
  }

  /// Takes a cancellation or the end of a deadline.
  ///
  /// - Returns: Whether the parked task is now the caller's to resume.
  mutating func interrupt() -> Bool {
    if unpark() { return true }
    if rawValue & Bit.claimed != 0 { rawValue |= Bit.interrupted }
    return false
  }

  /// Ends the registration.
  ///
  /// - Returns: Whether the parked task is now the caller's to resume, and whether a system
  ///   call is in flight, whose `leave` will report the close; `nil` if it was closed before.
  mutating func close() -> (resume: Bool, inFlight: Bool)? {
    if rawValue & Bit.closed != 0 { return nil }
    rawValue |= Bit.closed
    return (resume: unpark(), inFlight: rawValue & Bit.entered != 0)
  }

  private mutating func unpark() -> Bool {
    guard rawValue & Bit.parked != 0 else { return false }
    rawValue &= ~Bit.parked
    return true
  }
}
