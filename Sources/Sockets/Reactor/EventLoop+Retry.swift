extension EventLoop {
  /// Tries something on a timer whose success makes no edge.
  ///
  /// - Parameters:
  ///   - deadline: When to give up; `nil` for never.
  ///   - attempt: What to try: says `later` until it is done or has failed.
  /// - Throws: Why it did not come to an end.
  nonisolated(nonsending) func retry(
    deadline: ContinuousClock.Instant?,
    _ attempt: () -> Registration.Attempt
  ) async throws(OperationFailure) {
    let alarm = try register(nil, initial: .untried)
    defer { alarm.close() }
    _ = try await alarm.perform(.read, whenBusy: .fail, deadline: deadline) { _ in attempt() }
  }
}
