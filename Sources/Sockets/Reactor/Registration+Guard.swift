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

  /// Whether somebody calls ``interrupt()`` after the current task was cancelled.
  var isGuarded: Bool { guardedTask.load(ordering: .relaxed) == ParkedTask.current }

  /// Wakes the operations of both directions, so that they look at their tasks and their deadlines.
  func interrupt() {
    interrupt(.read)
    interrupt(.write)
  }
}
