internal import Synchronization

/// Sleeping, on alarms that are used again: a sleep that ends in time allocates nothing.
extension EventLoop {
  /// How many alarms to keep: as many as there may be tasks that one look at epoll wakes, and that sleep again.
  private static let keptAlarms = 256

  /// Suspends until a time.
  ///
  /// - Parameter end: When to wake, in ``LoopTime``.
  /// - Throws: As ``Reactor/sleep(until:)``.
  nonisolated(nonsending) func sleep(until end: Int64) async throws {
    do throws(OperationFailure) {
      let alarm = try takeAlarm()
      defer { putAway(alarm) }
      try await alarm.sleep(until: end)
    } catch {
      throw error.error(.wait)
    }
  }

  private func takeAlarm() throws(OperationFailure) -> Registration {
    if isCurrent, let alarm = alarms.popLast() { return alarm }
    return try register(nil, initial: .waiting)
  }

  /// Keeps an alarm for the next sleep, if nothing is left of this one.
  ///
  /// Nobody signals it, a cancellation handler has returned when its wait has, and its entry in the queue of deadlines
  /// has fallen due: that of a sleep that was cut short has not, so its alarm is closed.
  private func putAway(_ alarm: Registration) {
    if isCurrent, alarms.count < Self.keptAlarms, !alarm.isClosed, !alarm.isArmed(.read) {
      alarms.append(alarm)
    } else {
      alarm.close()
    }
  }
}

extension Registration {
  /// Whether the loop's queue has an entry for a direction; only on the loop's thread.
  fileprivate func isArmed(_ direction: Direction) -> Bool {
    withWaiter(direction) { $0.armed.load(ordering: .relaxed) < .max }
  }

  /// Waits on an alarm that nobody signals.
  @inline(__always)
  fileprivate nonisolated(nonsending) func sleep(
    until end: Int64
  ) async throws(OperationFailure) {
    // Whoever cancels, or closes, from here on interrupts it.
    if withWaiter(.read, { $0.claim() }) == .closed { throw .closed }
    _ = try mustPark(.read, false)
    while LoopTime.now < end {
      arm(.read, end)
      await parkUnlessCancelled(.read)
      forgetDeadline(.read)
      _ = try mustPark(.read, false)
    }
    abandon(.read)
  }
}
