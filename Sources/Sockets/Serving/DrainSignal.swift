internal import Synchronization

/// Says once, to everybody who asks or waits, that a listener is draining.
final class DrainSignal: Sendable {
  /// Whether it was said: for a look without the lock.
  private let flag = Atomic<Bool>(false)

  private let state = Lock(State())

  private struct State {
    /// When what is still running is to be cancelled, once draining has begun.
    var deadline: ContinuousClock.Instant?
    /// What to signal for those who wait.
    var waiting: [ObjectIdentifier: Registration] = [:]
  }

  /// Whether draining has begun.
  var isRaised: Bool { flag.load(ordering: .acquiring) }

  /// When what is still running is to be cancelled; `nil` before draining has begun.
  var deadline: ContinuousClock.Instant? { state.withLock { $0.deadline } }

  /// Whether it is time to cancel what is still running.
  var isOver: Bool {
    guard isRaised, let deadline else { return false }
    return deadline <= .now
  }

  /// Begins draining.
  ///
  /// - Parameter deadline: When to cancel what is still running; an earlier one than before counts.
  func raise(deadline: ContinuousClock.Instant) {
    let waiting = state.withLock { state in
      // In here, so that whoever is added later sees it.
      flag.store(true, ordering: .releasing)
      state.deadline = min(deadline, state.deadline ?? deadline)
      return Array(state.waiting.values)
    }
    for alarm in waiting { alarm.signal(.read) }
  }

  /// Has an alarm, or the reading side of a socket, signalled at each call of `raise` from now on.
  ///
  /// - Parameter alarm: What to signal.
  func add(_ alarm: Registration) {
    state.withLock { $0.waiting[ObjectIdentifier(alarm)] = alarm }
  }

  /// Has it signalled no more.
  func remove(_ alarm: Registration) {
    state.withLock { _ = $0.waiting.removeValue(forKey: ObjectIdentifier(alarm)) }
  }

  /// Waits until draining begins; not at all if it has.
  ///
  /// - Parameters:
  ///   - loop: The loop to wait on.
  ///   - deadline: When to give up.
  /// - Throws: Why it did not wait to the end.
  nonisolated(nonsending) func wait(
    on loop: EventLoop,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) {
    let alarm = try loop.register(nil, initial: .waiting)
    add(alarm)
    defer {
      remove(alarm)
      alarm.close()
    }
    if isRaised { return }
    _ = try await alarm.perform(.read, whenBusy: .fail, deadline: deadline) { _ in
      .done(0, usedUp: .yes)
    }
  }
}
