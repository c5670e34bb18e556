/// Something that the Swift runtime wants to have run on the thread of an ``EventLoop``.
struct LoopJob {
  private let job: UnownedJob

  /// Whether it is isolated to the reactor's actor, or only prefers its thread.
  private let isIsolated: Bool

  /// Takes over a job.
  init(_ job: consuming ExecutorJob, isIsolated: Bool) {
    self.job = UnownedJob(job)
    self.isIsolated = isIsolated
  }

  /// Runs the job: on the loop's thread, once.
  ///
  /// A task's job that ran as the actor's would have to switch executors at each `await` that asks for
  /// no actor: by way of the queue and one more turn of the loop, twice a request. Run as the task
  /// executor's, it goes straight on.
  ///
  /// - Parameters:
  ///   - actor: The executor of the reactor's actor.
  ///   - tasks: The executor that tasks prefer.
  func run(actor: UnownedSerialExecutor, tasks: UnownedTaskExecutor) {
    if isIsolated {
      unsafe job.runSynchronously(on: actor)
    } else {
      unsafe job.runSynchronously(on: tasks)
    }
  }
}
