extension EventLoop {
  /// Tries something on a timer whose success makes no edge.
  ///
  /// - Parameters:
  ///   - deadline: When to give up; `nil` for never.
  ///   - registration: Whose close, and signals, are a reason to try at once; `nil` for nobody's.
  ///   - attempt: What to try: says `later`, or `again`, until it is done or has failed. `Again` is after
  ///     one millisecond the first time, then after twice as long each time, up to 50.
  /// - Throws: Why it did not come to an end.
  nonisolated(nonsending) func retry(
    deadline: ContinuousClock.Instant?,
    watching registration: Registration? = nil,
    _ attempt: () -> Registration.Attempt
  ) async throws(OperationFailure) {
    let alarm = try register(nil, initial: .untried)
    defer { alarm.close() }
    if let registration { registration.loop.addWatcher(alarm, of: registration) }
    defer { if let registration { registration.loop.removeWatcher(alarm, of: registration) } }
    var pause: Int64 = 1_000_000
    let end = LoopTime.end(deadline)
    _ = try await alarm.perform(.read, whenBusy: .fail, until: end) { _ in
      let attempt = attempt()
      guard case .again = attempt else { return attempt }
      defer { pause = min(2 * pause, 50_000_000) }
      let now = LoopTime.now
      // The last try is at the end, not up to a pause before it.
      return .later(now < end ? min(now + pause, end) : now + pause)
    }
  }
}
