internal import Synchronization

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

    /// The attempt that a plain system call makes: its result, with a negated error number.
    init(_ result: Int, usedUp: WaiterState.UsedUp = .no) {
      if result >= 0 {
        self = .done(result, usedUp: usedUp)
      } else {
        let error = Errno(Int32(-result))
        self = error == .again ? .again(.yes) : .failed(error)
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
    deadline: ContinuousClock.Instant?,
    isShielded: Bool = false,
    attempt: (Socket) -> Attempt
  ) async throws(OperationFailure) -> Int {
    try await perform(
      direction,
      whenBusy: whenBusy,
      needsReadiness: needsReadiness,
      until: LoopTime.end(deadline),
      isShielded: isShielded,
      attempt: attempt
    )
  }

  /// As ``perform(_:whenBusy:needsReadiness:deadline:isShielded:attempt:)``, until a ``LoopTime``; `.max` for
  /// ever.
  @inline(__always)
  nonisolated(nonsending) func perform(
    _ direction: Direction,
    whenBusy: WhenBusy,
    needsReadiness: Bool = true,
    until deadline: Int64,
    isShielded: Bool = false,
    attempt: (Socket) -> Attempt
  ) async throws(OperationFailure) -> Int {
    if !isShielded, Task.isCancelled { throw .cancelled }
    var mustWait = false
    switch withWaiter(direction, { $0.claim() }) {
    case .go: break
    case .closed: throw .closed
    case .yieldThenGo:
      // It has not waited for long, so it has not looked at its limits either.
      if isOver(direction, .max) {
        leave(direction, usedUp: .no)
        abandon(direction)
        throw .timedOut
      }
      // Needless, and not free, if the loop has come round since the last time:
      // then others had their turn between these operations. So it is for writes that answer reads.
      if !withWaiter(direction, { loop.hasTurned(since: $0.lastTurn) }) {
        leave(direction, usedUp: .no)  // whoever closes meanwhile need not wait for this task
        try await yield(direction)
        mustWait = true
      }
    case .wait:
      if !needsReadiness { signal(direction) }
      mustWait = true
    case .busy:
      guard whenBusy == .queue else { throw .busy }
      try await awaitTurn(direction, deadline, needsReadiness)
    }
    var retry = Int64.max
    while true {
      if mustWait {
        try await awaitReadiness(direction, deadline, retry: retry, isShielded: isShielded)
      }
      mustWait = true
      switch attempt(socket) {
      case .done(let result, let usedUp):
        if direction == .read { limits.noteRead() }
        finish(direction, usedUp: usedUp)
        return result
      case .failed(let error):
        finish(direction, usedUp: .no)
        throw .failed(error)
      case .again(let usedUp):
        leave(direction, usedUp: usedUp)
        if usedUp == .no {
          try await yield(direction)
          try expire(direction, deadline)
        }
        retry = .max
      case .later(let time):
        leave(direction, usedUp: .yes)
        retry = time
      }
    }
  }

  /// Lets other tasks of this thread run, in the middle of an operation that could go on.
  ///
  /// - Throws: That the task was cancelled; the operation has then ended.
  private nonisolated(nonsending) func yield(
    _ direction: Direction
  ) async throws(OperationFailure) {
    await EventLoop.yield()
    guard Task.isCancelled else { return }
    abandon(direction)
    throw .cancelled
  }

  /// Ends an operation that gets on, but has not come to its end in time.
  ///
  /// One that parks looks at its deadline and its limits then. One that is never without something to do,
  /// such as a long exact read from a fast peer, must look as well.
  ///
  /// - Throws: That the time is over; the operation has then ended.
  private func expire(
    _ direction: Direction,
    _ deadline: Int64
  ) throws(OperationFailure) {
    guard isOver(direction, deadline) else { return }
    abandon(direction)
    throw .timedOut
  }

  /// Whether the time is over for an operation that does not wait.
  private func isOver(_ direction: Direction, _ deadline: Int64) -> Bool {
    let end = limits.end(direction, deadline)
    return end < .max && end <= LoopTime.now
  }

  /// Ends a system call that is to be repeated.
  func leave(_ direction: Direction, usedUp: WaiterState.UsedUp) {
    if withWaiter(direction, { $0.leave(usedUp: usedUp) }) { drop(1) }
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

  /// Suspends until the direction may be ready, or the time of `retry`, and enters its system call.
  ///
  /// - Throws: Why not; the operation has then ended.
  @inline(__always)
  nonisolated(nonsending) func awaitReadiness(
    _ direction: Direction,
    _ deadline: Int64,
    retry: Int64 = .max,
    isShielded: Bool = false
  ) async throws(OperationFailure) {
    let expiry = limits.expiry(direction, deadline)
    // Several functions, so that what only one of them has to remember takes no memory while another waits.
    if min(expiry, retry) < .max {
      try await awaitEdge(direction, until: expiry, retry, isShielded)
    } else if isShielded || isGuarded {
      try await awaitEdge(direction, isShielded)
    } else {
      try await awaitEdge(direction)
    }
  }

  /// As ``awaitReadiness(_:_:retry:isShielded:)``, when a cancellation of the task need not be waited for.
  @inline(never)
  private nonisolated(nonsending) func awaitEdge(
    _ direction: Direction,
    _ isShielded: Bool
  ) async throws(OperationFailure) {
    while try mustPark(direction, isShielded) { await park(direction) }
  }

  /// As ``awaitReadiness(_:_:retry:isShielded:)``, however long it takes.
  @inline(never)
  private nonisolated(nonsending) func awaitEdge(
    _ direction: Direction
  ) async throws(OperationFailure) {
    while try mustPark(direction, false) { await parkUnlessCancelled(direction) }
  }

  /// As ``awaitReadiness(_:_:retry:isShielded:)``, with a limit of time.
  @inline(never)
  private nonisolated(nonsending) func awaitEdge(
    _ direction: Direction,
    until expiry: Int64,
    _ retry: Int64,
    _ isShielded: Bool
  ) async throws(OperationFailure) {
    let wakeUp = min(expiry, retry)
    while try mustPark(direction, isShielded) {
      let now = LoopTime.now
      // A try that was due before the deadline is made, however late the task comes to it.
      if retry <= min(now, expiry) {
        signal(direction)
        continue
      }
      if expiry <= now {
        abandon(direction)
        throw .timedOut
      }
      withWaiter(direction) { $0.deadline.store(wakeUp, ordering: .releasing) }
      loop.arm(self, direction, wakeUp)
      if isShielded || isGuarded {
        await park(direction)
      } else {
        await parkUnlessCancelled(direction)
      }
      withWaiter(direction) { $0.deadline.store(.max, ordering: .releasing) }
    }
  }

  /// Enters the system call, if the direction may be ready.
  ///
  /// - Returns: Whether it is not, so that there is nothing to do but wait.
  /// - Throws: That the registration is closed, or the task cancelled; the operation has then ended.
  private func mustPark(
    _ direction: Direction,
    _ isShielded: Bool
  ) throws(OperationFailure) -> Bool {
    switch withWaiter(direction, { $0.enter() }) {
    case .closed:
      abandon(direction)
      throw .closed
    case .go, .yieldThenGo, .busy: return false
    case .wait: break
    }
    guard !isShielded, Task.isCancelled else { return true }
    abandon(direction)
    throw .cancelled
  }

  /// As ``park(_:)``, and wakes when the task is cancelled.
  @inline(__always)
  private nonisolated(nonsending) func parkUnlessCancelled(_ direction: Direction) async {
    await withTaskCancellationHandler {
      await park(direction)
    } onCancel: {
      interrupt(direction)
    }
  }

  /// Suspends until somebody resumes the task, or not at all if there is a reason not to.
  @inline(__always)
  private nonisolated(nonsending) func park(_ direction: Direction) async {
    await unsafe withUnsafeContinuation { continuation in
      let task = unsafe ParkedTask(continuation)
      withWaiter(direction) { $0.park(task) }
    }
  }
}
