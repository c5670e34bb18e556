/// One call of `serve` in progress: who is connected, and what has become of those who were.
final class Serving: Sendable {
  private let state = Lock(State())

  /// The most connections at one time.
  private let limit: Int

  /// Wakes the accept loop when a connection has ended, and when the listener begins to drain.
  private let alarm: Registration

  /// Whether the listener drains, and until when.
  private let drainSignal: DrainSignal

  private struct State {
    var report = ServeReport()
    /// The connections whose handlers run.
    var live = SlotTable<Stream>()
  }

  init(_ acceptor: Acceptor, maxConnections: Int?) throws(OperationFailure) {
    limit = maxConnections ?? .max
    drainSignal = acceptor.drainSignal
    alarm = try acceptor.reactor.loop.register(nil, initial: .waiting)
    drainSignal.add(alarm)
  }

  deinit {
    drainSignal.remove(alarm)
    alarm.close()
  }

  /// What has happened so far.
  var report: ServeReport { state.withLock { $0.report } }

  /// Waits until one more connection is allowed.
  ///
  /// Those that nobody accepts stay in the kernel's queue.
  ///
  /// - Returns: `false` if the grace of a drain is over before.
  /// - Throws: That the task was cancelled.
  nonisolated(nonsending) func waitForRoom() async throws(OperationFailure) -> Bool {
    try await wait { live in live < limit }
  }

  /// Waits until every handler has ended.
  ///
  /// - Parameter deadline: When to give up; `nil` for the end of the grace, if the listener drains.
  /// - Returns: Whether every handler has ended.
  /// - Throws: That the task was cancelled.
  nonisolated(nonsending) func waitUntilEmpty(
    deadline: ContinuousClock.Instant? = nil
  ) async throws(OperationFailure) -> Bool {
    try await wait(deadline: deadline) { live in live == 0 }
  }

  private nonisolated(nonsending) func wait(
    deadline: ContinuousClock.Instant? = nil,
    until condition: (_ live: Int) -> Bool
  ) async throws(OperationFailure) -> Bool {
    while !condition(state.withLock { $0.live.count }) {
      let deadline = deadline ?? drainSignal.deadline
      do throws(OperationFailure) {
        _ = try await alarm.perform(.read, whenBusy: .fail, deadline: deadline) { _ in
          .done(0, usedUp: .yes)
        }
      } catch .timedOut {
        return false
      }
    }
    return true
  }

  /// Takes note of a new connection.
  ///
  /// - Parameter stream: The connection.
  /// - Returns: The number to end it with.
  func begin(_ stream: Stream) -> UInt64 {
    state.withLock { state in
      var token: UInt64 = 0
      _ = state.live.insert {
        token = $0
        return stream
      }
      state.report.accepted += 1
      state.report.peak = max(state.report.peak, state.live.count)
      return token
    }
  }

  /// How a handler ended.
  enum Outcome { case completed, failed, cancelled }

  /// Takes note of the end of a handler.
  func end(_ token: UInt64, _ outcome: Outcome, isDraining: Bool) {
    let isAwaited = state.withLock { state in
      _ = state.live.remove(token)
      switch outcome {
      case .completed:
        state.report.completed += 1
        if isDraining { state.report.drained += 1 }
      case .failed: state.report.failed += 1
      case .cancelled: state.report.cancelled += 1
      }
      return state.live.count == 0 || state.live.count == limit - 1
    }
    if isAwaited { alarm.signal(.read) }
  }

  /// Aborts the connections whose handlers still run.
  func resetAll() {
    let live = state.withLock { state in
      state.report.reset += state.live.count
      return state.live.elements
    }
    for stream in live { stream.registration.close { socket in try? socket.resetOnClose() } }
  }
}
