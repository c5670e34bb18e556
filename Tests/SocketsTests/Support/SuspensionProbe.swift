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

/// Waits for a condition that other threads bring about.
///
/// - Parameter condition: What is asked for.
/// - Throws: `CancellationError`, when the test's time is up.
func waitUntil(_ condition: () -> Bool) async throws {
  while !condition() {
    try Task.checkCancellation()
    await Task.yield()
  }
}
