/// Runs a body, and cancels it when a deadline passes.
///
/// ```swift
/// let reply = try await withDeadline(.now + .seconds(5)) {
///   try await connection.write(request)
///   return try await connection.read(upTo: 16_384)
/// }
/// ```
///
/// One deadline for many steps, whatever they wait for: reads, sleeps, other tasks. For a single call of
/// this library, its own `deadline` costs less and says ``SocketError/Code-swift.struct/timedOut``.
///
/// When the deadline passes, the body is cancelled as a task is: `Task.isCancelled` is true in it, its child
/// tasks are cancelled, and what it waits for throws, most likely `CancellationError`. The body decides what
/// comes of that: its result is returned, or its error thrown, whether the deadline has passed or not.
/// This waits for the body in any case, and leaves nothing running. The task around it is not cancelled.
///
/// Nested deadlines each count: the earliest cancels what is within it. With a deadline that has passed the
/// body runs all the same, cancelled from the start.
///
/// The shape is that of Swift's proposal SE-0526, but for the body: it runs in a child task, while the task
/// around it waits, and so has to be `@Sendable`. (One that was not could add tasks to a group of the
/// outside, which would then have a parent that is gone before them.) It runs where its isolation says, and
/// otherwise on the executor that the task prefers. The deadline costs no further task: it is one of the
/// reactor's timers.
///
/// - Parameters:
///   - expiration: When to cancel the body.
///   - tolerance: How much later that may happen; the reactor's timers do not make use of it, and are late
///     by a millisecond at most, if the machine is not.
///   - operation: The body.
/// - Returns: The body's result.
/// - Throws: The body's error.
public nonisolated(nonsending) func withDeadline<Success: Sendable, Failure: Error>(
  _ expiration: ContinuousClock.Instant,
  tolerance: Duration? = nil,
  @_inheritActorContext operation: @Sendable () async throws(Failure) -> Success
) async throws(Failure) -> Success {
  guard let alarm = try? EventLoop.nearest().register(nil, initial: .waiting) else {
    // No descriptor is left to start a reactor with, or it was stopped.
    return try await CancellableBody(alarm: nil).run(
      expiration: expiration,
      tolerance: tolerance,
      clock: ContinuousClock(),
      operation
    )
  }
  defer { alarm.close() }
  return try await CancellableBody(alarm: alarm).run(deadline: expiration, operation)
}

/// Runs a body, and cancels it when a time has passed.
///
/// As ``withDeadline(_:tolerance:operation:)``, with the deadline so much from now.
///
/// - Parameters:
///   - timeout: How long from now the body may run.
///   - tolerance: How much longer that may be.
///   - operation: The body.
/// - Returns: The body's result.
/// - Throws: The body's error.
public nonisolated(nonsending) func withDeadline<Success: Sendable, Failure: Error>(
  in timeout: Duration,
  tolerance: Duration? = nil,
  @_inheritActorContext operation: @Sendable () async throws(Failure) -> Success
) async throws(Failure) -> Success {
  try await withDeadline(.now + timeout, tolerance: tolerance, operation: operation)
}

/// Runs a body, and cancels it when a deadline of any clock passes.
///
/// As ``withDeadline(_:tolerance:operation:)``. For clocks other than `ContinuousClock`, which the
/// reactor does not know, a second child task sleeps until the deadline: a test's own clock, for example.
///
/// - Parameters:
///   - expiration: When to cancel the body.
///   - tolerance: How much later that may happen.
///   - clock: The clock.
///   - operation: The body.
/// - Returns: The body's result.
/// - Throws: The body's error.
public nonisolated(nonsending) func withDeadline<
  Success: Sendable,
  Failure: Error,
  Time: Clock
>(
  _ expiration: Time.Instant,
  tolerance: Time.Instant.Duration? = nil,
  clock: Time,
  @_inheritActorContext operation: @Sendable () async throws(Failure) -> Success
) async throws(Failure) -> Success {
  if clock is ContinuousClock, let expiration = expiration as? ContinuousClock.Instant {
    return try await withDeadline(expiration, operation: operation)
  }
  return try await CancellableBody(alarm: nil).run(
    expiration: expiration,
    tolerance: tolerance,
    clock: clock,
    operation
  )
}

/// Runs a body, and cancels it when a time has passed on any clock.
///
/// As ``withDeadline(_:tolerance:clock:operation:)``, with the deadline so much from now.
///
/// - Parameters:
///   - timeout: How long from now the body may run.
///   - tolerance: How much longer that may be.
///   - clock: The clock.
///   - operation: The body.
/// - Returns: The body's result.
/// - Throws: The body's error.
public nonisolated(nonsending) func withDeadline<
  Success: Sendable,
  Failure: Error,
  Time: Clock
>(
  in timeout: Time.Instant.Duration,
  tolerance: Time.Instant.Duration? = nil,
  clock: Time,
  @_inheritActorContext operation: @Sendable () async throws(Failure) -> Success
) async throws(Failure) -> Success {
  try await withDeadline(
    clock.now.advanced(by: timeout),
    tolerance: tolerance,
    clock: clock,
    operation: operation
  )
}
