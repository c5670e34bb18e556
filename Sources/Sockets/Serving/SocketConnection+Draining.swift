extension SocketConnection {
  /// Whether the listener that accepted this connection is draining.
  ///
  /// A handler that keeps its connection open between requests closes it then. Always `false` for a
  /// connection that was not accepted.
  public var isDraining: Bool { stream.drainSignal?.isRaised ?? false }

  /// Waits until the listener that accepted this connection begins to drain.
  ///
  /// Returns at once if it has begun. For a connection that was not accepted it waits until it is
  /// cancelled or out of time.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``.
  public nonisolated(nonsending) func waitUntilDraining(
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let signal = stream.drainSignal ?? DrainSignal()
    do throws(OperationFailure) {
      try await signal.wait(on: stream.reactor.loop, deadline: deadline)
    } catch {
      throw stream.error(error, .wait)
    }
  }
}
