extension Reactor {
  /// Sleeps until a time, on a reactor's own timers.
  ///
  /// ```swift
  /// try await Reactor.sleep(for: .milliseconds(100))
  /// ```
  ///
  /// For handlers that run on a reactor: `Task.sleep` would take them to Swift's timers and back, by way of two other
  /// threads. It is the reactor on whose thread the caller runs that wakes the task, and on any other thread one
  /// of the shared ones.
  ///
  /// The task never wakes early, and as a rule not more than a millisecond late, which is how fine the timers are.
  ///
  /// The corresponding C function is `clock_nanosleep(2)` with `TIMER_ABSTIME`, here by way of the time limit of
  /// `epoll_wait(2)`.
  ///
  /// - Parameter deadline: When to wake; one that has passed does not suspend.
  /// - Throws: `CancellationError` as soon as the task is cancelled; ``SocketError`` with
  ///   ``SocketError/Code-swift.struct/closed`` when the reactor is stopped, or whatever kept one from starting.
  public static nonisolated(nonsending) func sleep(
    until deadline: ContinuousClock.Instant
  ) async throws {
    try await EventLoop.nearest().sleep(until: LoopTime.nanoseconds(deadline))
  }

  /// Sleeps for a time, on a reactor's own timers.
  ///
  /// As ``sleep(until:)``, with the deadline so much from now.
  ///
  /// - Parameter duration: How long; zero or less does not suspend.
  /// - Throws: As ``sleep(until:)``.
  public static nonisolated(nonsending) func sleep(for duration: Duration) async throws {
    try await EventLoop.nearest().sleep(until: LoopTime.after(duration))
  }
}
