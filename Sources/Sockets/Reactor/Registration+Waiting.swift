internal import Synchronization

/// How an operation waits.
extension Registration {
  /// Suspends until the direction may be ready, or the time of `retry`, and enters its system call.
  ///
  /// - Returns: Whether it enters it because the time is over, if it `triesLate`.
  /// - Throws: Why not; the operation has then ended.
  @inline(__always)
  nonisolated(nonsending) func awaitReadiness(
    _ direction: Direction,
    _ deadline: Int64,
    retry: Int64,
    triesLate: Bool,
    isShielded: Bool
  ) async throws(OperationFailure) -> Bool {
    var expiry = limits.expiry(direction, deadline)
    var hasParked = false
    if isShielded || hasGuardedTask, noteDeadlineIfArmed(direction, min(expiry, retry)) {
      repeat {
        hasParked = await parkIfGuarded(direction, isShielded)
        expiry = forgetDeadline(direction)
        guard hasParked else { break }
        if try !mustPark(direction, isShielded) { return false }
      } while expiry == .max
    }
    do throws(OperationFailure) {
      return try await awaitEdge(direction, until: expiry, retry, triesLate, isShielded, hasParked)
    } catch {
      // What it had put off is still there, and no edge comes for it.
      if retry < .max { signal(direction) }
      throw error
    }
  }

  /// Notes when a wait ends, if the loop's queue has an entry that comes no later, or none is needed.
  ///
  /// Most of the time it has that of an earlier wait, so there is nothing to add, and no lock to take: on the loop's own
  /// thread nobody else takes entries out.
  ///
  /// - Returns: Whether it is noted.
  @inline(__always)
  private func noteDeadlineIfArmed(_ direction: Direction, _ deadline: Int64) -> Bool {
    if deadline == .max { return true }
    return withWaiter(direction) { waiter in
      guard loop.isCurrent, waiter.armed.load(ordering: .relaxed) <= deadline else { return false }
      waiter.deadline.store(deadline, ordering: .releasing)
      return true
    }
  }

  /// Notes when a wait ends that is about to begin, and has the loop see to it.
  @inline(__always)
  func arm(_ direction: Direction, _ deadline: Int64) {
    withWaiter(direction) { $0.deadline.store(deadline, ordering: .releasing) }
    loop.arm(self, direction, deadline)
  }

  /// Takes back when a wait ends, now that it has ended: otherwise a later one would end then.
  ///
  /// - Returns: When it was to end; `.max` for never.
  @inline(__always) @discardableResult
  func forgetDeadline(_ direction: Direction) -> Int64 {
    withWaiter(direction) { waiter in
      let deadline = waiter.deadline.load(ordering: .relaxed)
      if deadline < .max { waiter.deadline.store(.max, ordering: .releasing) }
      return deadline
    }
  }

  /// As ``awaitReadiness(_:_:retry:triesLate:isShielded:)``, with a limit of time, or a cancellation handler.
  @inline(never)
  private nonisolated(nonsending) func awaitEdge(
    _ direction: Direction,
    until expiry: Int64,
    _ retry: Int64,
    _ triesLate: Bool,
    _ isShielded: Bool,
    _ hasParked: Bool
  ) async throws(OperationFailure) -> Bool {
    var hasParked = hasParked
    let wakeUp = min(expiry, retry)
    var isLate = false
    repeat {
      var isParked = false
      if wakeUp < .max {
        let now = LoopTime.now
        // A try that was due before the deadline is made, however late the task comes to it.
        if retry <= min(now, expiry) {
          signal(direction)
          continue
        }
        if expiry <= now {
          // A limit that was over before ends an operation that would wait: who has always something to do would outlive
          // it.
          guard triesLate, hasParked || limits.end(direction, .max) > now else {
            abandon(direction)
            throw .timedOut
          }
          signal(direction)
          isLate = true
          continue
        }
        arm(direction, wakeUp)
        if isShielded || hasGuardedTask { isParked = await parkIfGuarded(direction, isShielded) }
      }
      if !isParked { await parkUnlessCancelled(direction) }
      hasParked = true
      forgetDeadline(direction)
    } while try mustPark(direction, isShielded)
    return isLate
  }

  /// Enters the system call, if the direction may be ready.
  ///
  /// - Returns: Whether it is not, so that there is nothing to do but wait.
  /// - Throws: That the registration is closed, or the task cancelled; the operation has then ended.
  func mustPark(
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
    guard !isShielded, CurrentTask.isCancelled else { return true }
    abandon(direction)
    throw .cancelled
  }

  /// Suspends until somebody resumes the task, or not at all if there is a reason not to; wakes when the task is
  /// cancelled.
  @inline(__always)
  nonisolated(nonsending) func parkUnlessCancelled(_ direction: Direction) async {
    await ParkedTask.suspend(onCancel: { interrupt(direction) }) { park($0, direction) }
  }

  /// Suspends as ``parkUnlessCancelled(_:)``, but does not wake when the task is cancelled.
  ///
  /// - Parameters:
  ///   - direction: The direction, which the caller owns.
  ///   - isShielded: Whether it is to do so for any task.
  /// - Returns: `false`, at once, if it is not, and others do not tell this task's waits.
  @inline(__always)
  private nonisolated(nonsending) func parkIfGuarded(
    _ direction: Direction,
    _ isShielded: Bool
  ) async -> Bool {
    var isParked = true
    await ParkedTask.suspend { task in
      isParked = isShielded || isGuarded(task)
      if isParked {
        park(task, direction)
      } else {
        task.resume()
      }
    }
    return isParked
  }

  /// Parks a task, and then looks at epoll for the loop if that is due.
  @inline(__always)
  private func park(_ task: ParkedTask, _ direction: Direction) {
    withWaiter(direction) { $0.park(task) }
    loop.noteParked()
  }

  /// Whether the time is over for an operation that does not wait.
  func isOver(_ direction: Direction, _ deadline: Int64) -> Bool {
    let end = limits.end(direction, deadline)
    return end < .max && end <= LoopTime.now
  }

  /// Whether an operation whose time was over has not got on with its last try, which would have begun an idle limit anew.
  @inline(never)
  func isStuck(_ direction: Direction, _ deadline: Int64, since moved: Int) -> Bool {
    bytes(direction) == moved || isOver(direction, deadline)
  }
}
