public import Sockets

extension Reactor {
  /// Waits until exactly so many tasks are suspended at this reactor: the end of every race between "the other
  /// task has begun to wait" and a test's next step, for which tests are tempted to sleep.
  ///
  /// ```swift
  /// let reactor = try Reactor()
  /// let (near, far) = try await TCPConnection.pair(on: reactor)
  /// async let read = near.read(upTo: 8)
  /// try await reactor.waitUntilParked(readers: 1)
  /// near.close()  // ends the read that waits, not one that is yet to begin
  /// ```
  ///
  /// Make a reactor that nobody else uses: a count is of all its sockets. It is looked at again and again, so that this
  /// is for tests alone.
  ///
  /// - Parameters:
  ///   - readers: The number of tasks that read, accept or receive, or are queued for it.
  ///   - writers: The number of tasks that write, connect or send, or are queued for it.
  /// - Throws: `CancellationError`, for example when a test's time is up.
  public nonisolated(nonsending) func waitUntilParked(
    readers: Int = 0,
    writers: Int = 0
  ) async throws {
    try await waitUntil { $0.parkedReaders == readers && $0.parkedWriters == writers }
  }

  /// Waits until the reactor's counts are as asked for.
  ///
  /// As `waitUntilParked(readers:writers:)`.
  ///
  /// - Parameter condition: Looks at the counts.
  /// - Throws: `CancellationError`.
  public nonisolated(nonsending) func waitUntil(
    _ condition: (Statistics) -> Bool
  ) async throws {
    guard isCurrent else { return try await SocketsTesting.waitUntil { holds(condition) } }
    // Those who are waited for run on this thread as well.
    try await look(for: { holds(condition) })
  }

  /// Whether the counts are as asked for, twice: a task that goes from one socket to another may be counted at both.
  private nonisolated func holds(_ condition: (Statistics) -> Bool) -> Bool {
    condition(statistics) && condition(statistics)
  }
}

/// The thread that looks again and again, so that tests which wait do not keep the task pool from those
/// that work.
private let probe = try? Reactor(name: "probe")

/// Starts that thread, if it does not run yet.
func startProbe() { _ = probe }

/// Waits for a condition that other threads bring about, and looks again and again.
///
/// - Parameter condition: What is asked for.
/// - Throws: `CancellationError`.
package nonisolated(nonsending) func waitUntil(_ condition: () -> Bool) async throws {
  if condition() { return }
  try await withTaskExecutorPreference(probe) { try await look(for: condition) }
}

/// Looks again and again, and lets others go first meanwhile.
private nonisolated(nonsending) func look(for condition: () -> Bool) async throws {
  // Most is there within a few turns. What is not must not cost much: a hundred tests that wait would leave no
  // processor to those that work; and in a simulated network no time passes while anything runs, though those who
  // are waited for may wait for just that.
  var looks = 0
  while !condition() {
    looks += 1
    if looks > 20 {
      try await Reactor.sleep(for: .milliseconds(1))
    } else {
      try Task.checkCancellation()
      await Reactor.yield()
    }
  }
}
