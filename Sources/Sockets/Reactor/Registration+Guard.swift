internal import Synchronization

/// Waiting without a cancellation handler.
///
/// A handler is a record that each wait puts into its task and takes out again, and memory while it waits. A
/// server, which cancels the handlers of its connections itself, can tell their waits itself.
extension Registration {
  /// Leaves it to others to call ``interrupt()`` after the current task was cancelled.
  ///
  /// Operations of other tasks, its child tasks included, have cancellation handlers.
  func guardCurrentTask() { guardedTask.store(ParkedTask.current, ordering: .relaxed) }

  /// Runs a body of the current task, whose waits here have one cancellation handler together.
  ///
  /// Whoever was guarded before is not any more.
  nonisolated(nonsending) func guarding<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async throws -> Result {
    let task = ParkedTask.current
    guardCurrentTask()
    // A task that has ended must not stay: another one may get its number.
    defer { _ = guardedTask.compareExchange(expected: task, desired: 0, ordering: .relaxed) }
    return try await withTaskCancellationHandler(operation: body) { interrupt() }
  }

  /// Whether there is a task whose waits others tell.
  var hasGuardedTask: Bool { guardedTask.load(ordering: .relaxed) != 0 }

  /// Whether it is this one: somebody calls ``interrupt()`` after it was cancelled.
  func isGuarded(_ task: ParkedTask) -> Bool {
    guardedTask.load(ordering: .relaxed) == task.bits
  }

  /// Wakes the operations of both directions, so that they look at their tasks and their deadlines.
  func interrupt() {
    interrupt(.read)
    interrupt(.write)
  }
}
