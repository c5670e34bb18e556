/// One call of `serve` in progress: how many connections there are, and what has become of all.
///
/// Shared by the loops of all its listeners.
final class Serving: Sendable {
  /// The most connections at one time.
  private let limit: Int

  private let state = Lock(State())

  private struct State {
    var report = ServeReport()
    /// How many connections there are, together with those that are about to be accepted.
    var places = 0
    /// What to signal when there is room again.
    var alarms: [Registration] = []
  }

  init(limit: Int?) { self.limit = limit ?? .max }

  /// What has happened so far.
  var report: ServeReport { state.withLock { $0.report } }

  /// Notes something in the report.
  func note(_ change: (inout ServeReport) -> Void) { state.withLock { change(&$0.report) } }

  /// Has an alarm signalled whenever there is room again, from now on.
  func add(_ alarm: Registration) { state.withLock { $0.alarms.append(alarm) } }

  /// Has an alarm signalled no more.
  func remove(_ alarm: Registration) {
    state.withLock { state in state.alarms.removeAll { $0 === alarm } }
  }

  /// Whether one more connection is allowed.
  var hasRoom: Bool { state.withLock { $0.places < limit } }

  /// Takes the place of one more connection, just before its accept: several loops may be about to.
  ///
  /// - Returns: Whether there was one left.
  func takePlace() -> Bool {
    state.withLock { state in
      guard state.places < limit else { return false }
      state.places += 1
      return true
    }
  }

  /// Gives a place back: its connection has ended, or none was accepted.
  func returnPlace() {
    let alarms = state.withLock { state in
      state.places -= 1
      return state.places == limit - 1 ? state.alarms : []
    }
    for alarm in alarms { alarm.signal(.read) }
  }

  /// Takes note of a connection that has taken its place.
  func begin() {
    note { report in
      report.accepted += 1
      let open = report.accepted - report.completed - report.failed - report.cancelled
      report.peak = max(report.peak, open)
    }
  }

  /// How a handler ended.
  enum Outcome { case completed, failed, cancelled }

  /// Takes note of the end of a handler, and gives its place back.
  func end(_ outcome: Outcome, isDraining: Bool) {
    note { report in
      switch outcome {
      case .completed:
        report.completed += 1
        if isDraining { report.drained += 1 }
      case .failed: report.failed += 1
      case .cancelled: report.cancelled += 1
      }
    }
    returnPlace()
  }
}
