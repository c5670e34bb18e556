/// The operations' side of a registration.
extension Registration {
  /// What one try of an operation came to.
  enum Attempt {
    /// The operation has its result.
    case done(Int, usedUp: WaiterState.UsedUp)
    /// Not yet: wait until it is ready, or, if readiness is not used up, let others run first.
    case again(WaiterState.UsedUp)
    /// Not now, for lack of something that makes no edge when it comes back: wait until then, on
    /// ``LoopTime``, or until an edge or a signal.
    case later(Int64)
    /// The kernel refused.
    case failed(Errno)

    /// The attempt that a plain system call makes: its result, with a negated error number, of which "interrupted" is
    /// for others to have their turn first.
    init(_ result: Int, usedUp: WaiterState.UsedUp = .no) {
      if result >= 0 {
        self = .done(result, usedUp: usedUp)
      } else {
        let error = Errno(Int32(-result))
        switch error {
        case .again: self = .again(.yes)
        case .interrupted: self = .again(.no)
        default: self = .failed(error)
        }
      }
    }
  }

  /// What a second operation of a direction does while a first one is in progress.
  enum WhenBusy {
    /// It fails with ``OperationFailure/busy``.
    case fail
    /// It waits for its turn.
    case queue
  }

  /// Runs one operation: try, wait while the kernel says EAGAIN, try again.
  ///
  /// The only such loop.
  ///
  /// - Parameters:
  ///   - direction: The direction, which this operation then owns until it ends.
  ///   - whenBusy: What to do while another operation owns it.
  ///   - needsReadiness: Whether it is worth a try only when the direction is ready.
  ///   - triesLate: Whether the kernel is asked once more when the time is over: an edge may be on its way, and with a
  ///     deadline that has passed at the beginning it is the only try. Not if it is the edge itself that says it all,
  ///     and not for an alarm.
  ///   - deadline: When to give up waiting; `nil` for never.
  ///   - isShielded: Whether it goes on waiting when its task is cancelled.
  ///   - attempt: The system call; called again for as long as it says `again`.
  /// - Returns: The result.
  /// - Throws: Why there is none.
  @inline(__always)
  nonisolated(nonsending) func perform(
    _ direction: Direction,
    whenBusy: WhenBusy,
    needsReadiness: Bool = true,
    triesLate: Bool = true,
    deadline: ContinuousClock.Instant?,
    isShielded: Bool = false,
    attempt: (Socket) -> Attempt
  ) async throws(OperationFailure) -> Int {
    try await perform(
      direction,
      whenBusy: whenBusy,
      needsReadiness: needsReadiness,
      triesLate: triesLate,
      until: LoopTime.end(deadline),
      isShielded: isShielded,
      attempt: attempt
    )
  }

  /// As ``perform(_:whenBusy:needsReadiness:triesLate:deadline:isShielded:attempt:)``, until a ``LoopTime``; `.max` for
  /// ever.
  ///
  /// An operation that ``begin(_:_:)`` has begun goes on with the step that this has returned, `claimed`.
  @inline(__always)
  nonisolated(nonsending) func perform(
    _ direction: Direction,
    whenBusy: WhenBusy,
    needsReadiness: Bool = true,
    triesLate: Bool = true,
    until deadline: Int64,
    isShielded: Bool = false,
    claimed: WaiterState.Step? = nil,
    attempt: (Socket) -> Attempt
  ) async throws(OperationFailure) -> Int {
    let step = claimed ?? withWaiter(direction) { $0.claim() }
    // After the claim: whoever cancels from now on interrupts it, so that no wait need look again before it
    // begins.
    if !isShielded, CurrentTask.isCancelled { try withdraw(direction, step, .cancelled) }
    if step == .wait, !needsReadiness { signal(direction) }
    // What comes next; nil: what was tried can go on, but others of this thread come first.
    var next: WaiterState.Step? = step
    var retry = Int64.max
    while true {
      var isLate = false
      switch next {
      case .go: break
      case .wait:
        isLate = try await awaitReadiness(
          direction,
          deadline,
          retry: retry,
          triesLate: triesLate && number != nil,
          isShielded: isShielded
        )
      default:
        let mustWait = try await prepare(
          direction,
          next,
          whenBusy,
          needsReadiness,
          deadline,
          isShielded
        )
        next = mustWait ? .wait : .go
        continue
      }
      let moved = isLate ? bytes(direction) : 0
      switch attempt(socket) {
      case .done(let result, let usedUp):
        if direction == .read { limits.noteRead() }
        finish(direction, usedUp: usedUp)
        return result
      case .failed(let error): try end(direction, usedUp: .no, .failed(error))
      case .again(let usedUp) where isLate && isStuck(direction, deadline, since: moved):
        try end(direction, usedUp: usedUp, .timedOut)
      case .later where isLate:
        // What it had put off is still there, and no edge comes for it.
        try end(direction, usedUp: .no, .timedOut)
      case .again(.no): next = nil
      case .again(let usedUp):
        retry = .max
        try leaveToWait(direction, usedUp, retry, isShielded)
        next = .wait
      case .later(let time):
        retry = time
        try leaveToWait(direction, .yes, retry, isShielded)
        next = .wait
      }
    }
  }

  /// Begins an operation, and makes its first system call if nothing is to be waited for: a plain function, behind which
  /// the caller goes on without a look for its executor.
  ///
  /// - Parameters:
  ///   - direction: The direction.
  ///   - attempt: The system call. Its `again` and `failed` are not the last word.
  /// - Returns: How the operation is to go on, `claimed` of ``perform``; `nil` if it is done.
  @inline(__always)
  func begin(_ direction: Direction, _ attempt: (Socket) -> Attempt) -> WaiterState.Step? {
    let step = withWaiter(direction) { $0.claim() }
    guard step == .go, !CurrentTask.isCancelled else { return step }
    switch attempt(socket) {
    case .done(_, let usedUp):
      if direction == .read { limits.noteRead() }
      finish(direction, usedUp: usedUp)
      return nil
    case .again(.yes):
      leave(direction, usedUp: .yes)
      return .wait
    default: return .go
    }
  }

  /// Takes what steps there are before a system call, other than to wait.
  ///
  /// A function of its own, as are some of those that wait, so that what only some operations have to remember takes
  /// no memory while others wait.
  ///
  /// - Parameters:
  ///   - direction: The direction.
  ///   - step: The step that is due; `nil` for others to have their turn in the midst of what can go on.
  ///   - whenBusy: What to do while another operation owns the direction.
  ///   - needsReadiness: Whether it is worth a try only when the direction is ready.
  ///   - deadline: When to give up.
  ///   - isShielded: Whether it goes on waiting when its task is cancelled.
  /// - Returns: Whether it has to wait as well.
  /// - Throws: Why there is nothing to go on with; the operation has then ended.
  @inline(never)
  private nonisolated(nonsending) func prepare(
    _ direction: Direction,
    _ step: WaiterState.Step?,
    _ whenBusy: WhenBusy,
    _ needsReadiness: Bool,
    _ deadline: Int64,
    _ isShielded: Bool
  ) async throws(OperationFailure) -> Bool {
    switch step {
    case nil: return try await letOthersRun(direction, deadline, isShielded)
    case .go: return false
    case .wait: return true
    case .closed: throw .closed
    case .yieldThenGo:
      // It has not waited for long, so it has not looked at its limits either.
      if isOver(direction, .max) { try withdraw(direction, .yieldThenGo, .timedOut) }
      // Needless, and not free, if the loop has come round since the last time:
      // then others had their turn between these operations. So it is for writes that answer reads.
      if withWaiter(direction, { loop.hasTurned(since: $0.lastTurn) }) { return false }
      return try await letOthersRun(direction, .max, isShielded)
    case .busy:
      guard whenBusy == .queue else { throw .busy }
      return try await awaitTurn(direction, deadline, needsReadiness)
    }
  }

  /// Lets other tasks of this thread run, in the middle of an operation that could go on.
  ///
  /// - Returns: Whether it has to wait now.
  /// - Throws: That the task was cancelled, or the time is over: one that parks looks at its deadline and its
  ///   limits then, one that is never without something to do, such as a long exact read from a fast peer, must
  ///   look as well. The operation has then ended.
  private nonisolated(nonsending) func letOthersRun(
    _ direction: Direction,
    _ deadline: Int64,
    _ isShielded: Bool
  ) async throws(OperationFailure) -> Bool {
    leave(direction, usedUp: .no)  // whoever closes meanwhile need not wait for this task
    await EventLoop.yield()
    if !isShielded, CurrentTask.isCancelled {
      abandon(direction)
      throw .cancelled
    }
    if isOver(direction, deadline) {
      abandon(direction)
      throw .timedOut
    }
    return try mustPark(direction, isShielded)
  }

  /// Ends an operation that is not to begin, after its first step.
  @inline(never)
  private func withdraw(
    _ direction: Direction,
    _ step: WaiterState.Step,
    _ failure: OperationFailure
  ) throws(OperationFailure) -> Never {
    switch step {
    case .go, .yieldThenGo: finish(direction, usedUp: .no)
    case .wait: abandon(direction)
    case .busy, .closed: break
    }
    throw failure
  }

  /// Ends a system call, and the operation with a failure.
  ///
  /// A function of its own, as is the one before: each `throw` takes eight bytes of the frame that it is in.
  @inline(never)
  private func end(
    _ direction: Direction,
    usedUp: WaiterState.UsedUp,
    _ failure: OperationFailure
  ) throws(OperationFailure) -> Never {
    finish(direction, usedUp: usedUp)
    throw failure
  }

  /// Ends a system call that is to be repeated.
  func leave(_ direction: Direction, usedUp: WaiterState.UsedUp) {
    if withWaiter(direction, { $0.leave(usedUp: usedUp) }) { drop(1) }
  }

  /// Ends a system call that is to be repeated after a wait.
  ///
  /// - Throws: That the task was cancelled meanwhile; the operation has then ended. The interruption that told of it may
  ///   have been spent on a wake-up that an event then had a share in, or on the owner before, and nobody repeats it.
  @inline(never)
  private func leaveToWait(
    _ direction: Direction,
    _ usedUp: WaiterState.UsedUp,
    _ retry: Int64,
    _ isShielded: Bool
  ) throws(OperationFailure) {
    guard !isShielded, CurrentTask.isCancelled else { return leave(direction, usedUp: usedUp) }
    // What it had put off is still there, and no edge comes for it.
    finish(direction, usedUp: retry < .max ? .no : usedUp)
    throw .cancelled
  }

  /// Ends a system call and the operation.
  private func finish(_ direction: Direction, usedUp: WaiterState.UsedUp) {
    let (closed, contended) = withWaiter(direction) { $0.finish(usedUp: usedUp) }
    if closed { drop(1) }
    if contended { passTurn(direction) }
  }

  /// Ends an operation that is in no system call.
  func abandon(_ direction: Direction) {
    if withWaiter(direction, { $0.release() }) { passTurn(direction) }
  }
}
