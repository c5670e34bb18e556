@testable import Sockets

extension Reactor {
  /// Waits until exactly so many tasks are suspended at this reactor: the end of every race between
  /// "the other task has begun to wait" and the test's next step.
  ///
  /// - Parameters:
  ///   - readers: Tasks that read, accept, or queue for it.
  ///   - writers: Tasks that write, connect, or queue for it.
  /// - Throws: `CancellationError`, when the test's time is up.
  nonisolated func waitUntilParked(readers: Int = 0, writers: Int = 0) async throws {
    try await waitUntil { $0.parkedReaders == readers && $0.parkedWriters == writers }
  }

  /// Waits until the reactor's counts are as asked for.
  ///
  /// - Parameter condition: What is asked for.
  /// - Throws: `CancellationError`, when the test's time is up.
  nonisolated func waitUntil(_ condition: (Statistics) -> Bool) async throws {
    try await SocketsTests.waitUntil { condition(statistics) }
  }
}

/// The thread that looks again and again, so that tests which wait do not keep the task pool from those
/// that work.
private let probe = try? Reactor(name: "probe")

/// Waits for a condition that other threads bring about.
///
/// - Parameter condition: What is asked for.
/// - Throws: `CancellationError`, when the test's time is up.
func waitUntil(_ condition: () -> Bool) async throws {
  if condition() { return }
  try await withTaskExecutorPreference(probe) {
    while !condition() {
      try Task.checkCancellation()
      await Task.yield()
    }
  }
}
