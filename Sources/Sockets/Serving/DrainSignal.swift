internal import Synchronization

/// Says once, to everybody who asks or waits, that a listener is draining.
final class DrainSignal: Sendable {
  /// Whether it was said: for a look without the lock.
  private let flag = Atomic<Bool>(false)

  private let state = Lock(State())

  private struct State {
    /// When what is still running is to be cancelled, once draining has begun.
    var deadline: ContinuousClock.Instant?
    /// The alarms of those who wait.
    var waiting: [Registration] = []
  }

  /// Whether draining has begun.
  var isRaised: Bool { flag.load(ordering: .acquiring) }

  /// When what is still running is to be cancelled; `nil` before draining has begun.
  var deadline: ContinuousClock.Instant? { state.withLock { $0.deadline } }

  /// Begins draining.
  ///
  /// - Parameter deadline: When to cancel what is still running; an earlier one than before counts.
  func raise(deadline: ContinuousClock.Instant) {
    let waiting = state.withLock { state in
      state.deadline = min(deadline, state.deadline ?? deadline)
      return state.waiting
    }
    flag.store(true, ordering: .releasing)
    for alarm in waiting { alarm.signal(.read) }
  }

  /// Has an alarm signalled at each call of `raise` from now on.
  func add(_ alarm: Registration) { state.withLock { $0.waiting.append(alarm) } }

  /// Has an alarm signalled no more.
  func remove(_ alarm: Registration) {
    state.withLock { state in state.waiting.removeAll { $0 === alarm } }
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
