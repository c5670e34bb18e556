internal import CSockets

/// The task that runs.
enum CurrentTask {
  /// Whether it is cancelled.
  ///
  /// `Task.isCancelled` retains the task meanwhile, which nothing can take from under itself: with that it takes three
  /// times as many instructions, and two locked ones, each time that an operation begins or is about to wait.
  static var isCancelled: Bool {
    @inline(__always)
    get {
      #if compiler(<6.4)
        csockets_task_is_cancelled()
      #else
        // There a task can be shielded from its cancellation.
        Task.isCancelled
      #endif
    }
  }
}
