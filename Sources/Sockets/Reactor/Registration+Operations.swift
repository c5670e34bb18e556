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
    if !isShielded, Task.isCancelled { throw .cancelled }
    switch withWaiter(direction, { $0.claim() }) {
    case .go: break
    case .closed: throw .closed
    case .yieldThenGo:
      // It has not waited for long, so it has not looked at its limits either.
      if isOver(direction, nil) {
        leave(direction, usedUp: .no)
        abandon(direction)
        throw .timedOut
      }
      // Needless, and not free, if the loop has come round since the last time:
      // then others had their turn between these operations. So it is for writes that answer reads.
      if !withWaiter(direction, { loop.hasTurned(since: $0.lastTurn) }) {
        leave(direction, usedUp: .no)  // whoever closes meanwhile need not wait for this task
        try await yield(direction)
        try await awaitReadiness(direction, deadline, isShielded: isShielded)
      }
    case .wait:
      if !needsReadiness { signal(direction) }
      try await awaitReadiness(direction, deadline, isShielded: isShielded)
    case .busy:
      guard whenBusy == .queue else { throw .busy }
      try await awaitTurn(direction, deadline, needsReadiness)
    }
    while true {
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
        try await awaitReadiness(direction, deadline, isShielded: isShielded)
      case .later(let retry):
        leave(direction, usedUp: .yes)
        try await awaitReadiness(direction, deadline, retry: retry, isShielded: isShielded)
      }
    }
  }

  /// Lets other tasks of this thread run, in the middle of an operation that could go on.
  ///
  /// - Throws: That the task was cancelled; the operation has then ended.
  private nonisolated(nonsending) func yield(
    _ direction: Direction
  ) async throws(OperationFailure) {
    if loop.isCurrent {
      await unsafe withUnsafeContinuation { continuation in
        loop.resumeInNextTurn(unsafe ParkedTask(continuation))
      }
    } else {
      await Task.yield()
    }
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
    _ deadline: ContinuousClock.Instant?
  ) throws(OperationFailure) {
    guard isOver(direction, deadline) else { return }
    abandon(direction)
    throw .timedOut
  }

  /// Whether the time is over for an operation that does not wait.
  private func isOver(_ direction: Direction, _ deadline: ContinuousClock.Instant?) -> Bool {
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
  nonisolated(nonsending) func awaitReadiness(
    _ direction: Direction,
    _ deadline: ContinuousClock.Instant?,
    retry: Int64 = .max,
    isShielded: Bool = false
  ) async throws(OperationFailure) {
    let expiry = limits.expiry(direction, deadline)
    let wakeUp = min(expiry, retry)
    while true {
      switch withWaiter(direction, { $0.enter() }) {
      case .closed:
        abandon(direction)
        throw .closed
      case .wait: break
      case .go, .yieldThenGo, .busy: return
      }
      if !isShielded, Task.isCancelled {
        abandon(direction)
        throw .cancelled
      }
      if wakeUp < .max {
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
      }
      if isShielded {
        await park(direction)
      } else {
        await withTaskCancellationHandler {
          await park(direction)
        } onCancel: {
          interrupt(direction)
        }
      }
      if wakeUp < .max { withWaiter(direction) { $0.deadline.store(.max, ordering: .releasing) } }
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
