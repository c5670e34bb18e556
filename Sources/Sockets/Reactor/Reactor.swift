internal import Synchronization

/// An actor that owns an epoll instance and the thread that waits on it.
///
/// The thread sleeps in `epoll_wait`, so it is one of the reactor's own and never one of Swift's task
/// pool. What wakes it: an event of a registered socket, the next deadline, or a job that another
/// thread enqueues (through an eventfd, written at most once per sleep). Each event resumes the
/// continuation of the task that waits for it.
///
/// Its thread runs the actor's own jobs, and a reactor is a `TaskExecutor` at the same time: a task that
/// prefers it is resumed on the thread that saw the readiness, without a hop to another thread:
///
/// ```swift
/// group.addTask(executorPreference: connection.reactor) { … }
/// ```
///
/// Such a task must not hold the thread for long: the reactor's other sockets wait meanwhile. Leave
/// tasks that compute or block on the task pool.
///
/// Sockets find their reactor by themselves: there is one per processor, made when first needed, and
/// connections are handed to them in turn. Make one of your own to keep some sockets apart. The
/// thread ends when the last reference is gone, those of its sockets and tasks included.
///
/// Using a reactor in a process that was forked without `exec` is not supported: both processes
/// would share one epoll instance. Nor may a process close descriptors that it does not own, as
/// `close_range(2)` does: a reactor that has lost its epoll instance ends the process, and says why.
public actor Reactor: TaskExecutor {
  /// The loop that the thread runs.
  nonisolated let loop: EventLoop

  /// The executor of the reactor's actor: its thread.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe loop.asUnownedSerialExecutor()
  }

  /// Starts a reactor and its thread.
  ///
  /// The corresponding C functions are `epoll_create1(2)`, `eventfd(2)` and `pthread_create(3)`.
  ///
  /// - Parameter name: The thread's name as `ps -L` shows it, at most 15 bytes.
  /// - Throws: `SocketError` with ``SocketError/Code-swift.struct/tooManyOpenFiles`` when no
  ///   descriptor is left, or another code when the kernel refuses a thread.
  public init(name: String = "reactor") throws {
    try self.init(name: name, kernel: .linux)
  }

  /// Starts a reactor over a kernel, which may be a simulated one, and its thread.
  package init(name: String = "reactor", kernel: Kernel) throws {
    do {
      loop = try EventLoop(name: name, kernel: kernel)
      let (loop, tasks) = unsafe (self.loop, asUnownedTaskExecutor())
      // The thread keeps the loop alive, not the reactor. It uses the reactor only while it runs a job
      // of a task that prefers it, and that task keeps the reactor alive meanwhile.
      try Thread.start(name: name) { unsafe loop.run(tasks: tasks) }
      loop.joinProcess()
    } catch {
      throw SocketError(error.code, operation: .reactor, errno: error.rawValue)
    }
  }

  deinit { loop.exit() }

  /// Queues a job of a task that prefers this reactor for its thread: called by the Swift runtime.
  ///
  /// - Parameter job: The job.
  public nonisolated func enqueue(_ job: consuming ExecutorJob) { loop.enqueueTask(job) }

  /// Closes all sockets of this reactor and refuses new ones.
  ///
  /// Pending operations, and all later ones, throw ``SocketError/Code-swift.struct/closed``. Jobs of
  /// tasks that prefer this reactor still run. Stopping twice is harmless. Not cancellable.
  public func stop() { loop.stop() }

  /// What the reactor holds now and has done so far.
  ///
  /// From any thread; costs a look at each registration.
  public nonisolated var statistics: Statistics { loop.statistics }

  /// A reactor's counters.
  public struct Statistics: Sendable, Hashable {
    /// Descriptors that are registered now.
    public internal(set) var registrations = 0
    /// Tasks that are suspended now until something can be read or accepted, or in a queue for it.
    public internal(set) var parkedReaders = 0
    /// Tasks that are suspended now until something can be written or a connection is established, or
    /// in a queue for it.
    public internal(set) var parkedWriters = 0
    /// Deadlines that the reactor keeps now, those of operations that have ended in time included
    /// until they fall due.
    public internal(set) var timers = 0
    /// Events so far that came for a socket which had been closed, and were dropped.
    public internal(set) var staleEvents: UInt64 = 0
    /// How often `epoll_wait` has returned so far.
    public internal(set) var epollReturns: UInt64 = 0
    /// How often the thread was woken through its eventfd so far.
    public internal(set) var wakeWrites: UInt64 = 0
  }
}
