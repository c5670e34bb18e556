internal import Synchronization

/// The loop that one thread runs for one ``Reactor``: wait for events, wake those they are for, run
/// their jobs.
///
/// One turn: `epoll_wait`; mark the readiness of each event's registration and take the task
/// parked there; the same for deadlines that have passed; resume them all; run the jobs that this has
/// queued. A job whose task prefers this reactor never leaves the thread, so it takes neither lock nor
/// wake-up. Jobs that jobs enqueue run in the next turn, after a look at epoll: nobody starves.
///
/// The loop is the serial executor of the reactor's actor, and the reactor the executor of tasks that
/// prefer it: two executors on one thread, see ``LoopJob``.
///
/// `@unchecked Sendable`: `jobs`, `yielding` and `alarms` are touched by the loop's own thread only, everything else
/// is constant, atomic or behind the lock.
final class EventLoop: SerialExecutor, @unchecked Sendable {
  /// The reactor's name.
  let name: String

  /// The system calls.
  let kernel: Kernel

  /// The thread that runs the loop.
  private let thread: LoopThread

  /// Storage for reads.
  let buffers: BufferPool

  /// Storage for reads of streams that bring much.
  let largeBuffers: BufferPool

  /// Storage to encode in, of whatever size it has grown to.
  let encodings: BufferPool

  /// Pipes for relays.
  let pipes = PipePool()

  /// epoll and the wake-up.
  let poller: Poller

  /// Whether tasks of the pool look at epoll.
  let loan = PollerLoan()

  /// What one of them needs to look; `nil` while one does.
  let lookers = Lock<Looker?>(Looker())

  /// What any thread may touch.
  let shared: Lock<Shared>

  // Only the loop's thread touches the next three, and no access to one encloses another: nothing for the runtime to
  // look after, at each job.

  /// Jobs that the loop's own thread has enqueued, for the next turn.
  @safe @exclusivity(unchecked) var jobs: [LoopJob] = []

  /// Tasks of the loop's own thread that let the others go first, until the next turn.
  @safe @exclusivity(unchecked) private var yielding: [ParkedTask] = []

  /// Alarms on which nobody sleeps.
  @safe @exclusivity(unchecked) var alarms: [Registration] = []

  /// How often `epoll_wait` has returned.
  let epollReturns = Atomic<UInt64>(0)

  /// How many events came for a registration that was gone.
  let staleEvents = Atomic<UInt64>(0)

  struct Shared {
    /// What wakes the thread.
    let wakeUp: WakeUp
    /// The living registrations.
    var registrations = SlotTable<Registration>()
    /// What to signal when a registration is signalled or closed, by its token.
    var watchers: [UInt64: [Registration]] = [:]
    /// Their deadlines.
    var timers = TimerQueue()
    /// Jobs that other threads have enqueued.
    var submitted: [LoopJob] = []
    /// The time until which the thread sleeps in `epoll_wait`; `nil` while it is awake, or when its
    /// wake-up has been written already.
    var sleepsUntil: Int64?
    /// The reactor that is the default of whoever runs on its thread, if it stands in for the shared ones.
    var standIn: Reactor?
    /// Whether registrations are refused: the reactor was stopped.
    var isStopped = false
    /// Whether the thread is to end: nobody can enqueue any more.
    var exits = false
  }

  init(name: String, kernel: Kernel) throws(Errno) {
    self.name = name
    self.kernel = kernel
    thread = LoopThread()
    buffers = BufferPool(of: BufferPool.size...(2 * BufferPool.size), on: thread)
    largeBuffers = BufferPool(of: BufferPool.largeSize...(2 * BufferPool.largeSize), on: thread)
    encodings = BufferPool(of: 1...BufferPool.size, on: thread)
    poller = try Poller(kernel: kernel)
    shared = Lock(Shared(wakeUp: poller.wakeUp))
  }

  /// Whether the caller runs on the loop's thread.
  var isCurrent: Bool { thread.isCurrent }

  /// Whether the caller runs on the loop's thread and that has looked at its events since the turn
  /// noted in `turn`, which becomes the current one.
  func hasTurned(since turn: borrowing Atomic<UInt64>) -> Bool {
    let current = epollReturns.load(ordering: .relaxed)
    return turn.exchange(current, ordering: .relaxed) != current && isCurrent
  }

  // Jobs

  /// Queues a job of the reactor's actor, from any thread.
  func enqueue(_ job: consuming ExecutorJob) { enqueue(LoopJob(job, isIsolated: true)) }

  /// Queues a job of a task that prefers the reactor, from any thread.
  func enqueueTask(_ job: consuming ExecutorJob) { enqueue(LoopJob(job, isIsolated: false)) }

  /// Traps unless the caller runs on the loop's thread.
  func checkIsolated() { precondition(isCurrent, "not on the reactor's thread") }

  /// Resumes a task of the loop's own thread in the next turn, after a look at epoll and after the tasks
  /// that this wakes.
  ///
  /// Unlike `Task.yield()` it allocates nothing.
  func resumeInNextTurn(_ task: ParkedTask) { yielding.append(task) }

  private func enqueue(_ job: LoopJob) {
    if isCurrent {
      jobs.append(job)
    } else {
      wakeIfAsleep { $0.submitted.append(job) }
    }
  }

  /// Changes what the thread looks at before it sleeps, and wakes it if it sleeps already.
  ///
  /// - Parameters:
  ///   - needed: The time before which it must not go on sleeping.
  ///   - change: The change.
  func wakeIfAsleep(
    before needed: Int64 = .min,
    _ change: (inout Shared) -> Void
  ) {
    let wakeUp = shared.withLock { shared -> WakeUp? in
      change(&shared)
      guard let sleepsUntil = shared.sleepsUntil, needed < sleepsUntil else { return nil }
      shared.sleepsUntil = nil  // one write a sleep, however many come
      return shared.wakeUp
    }
    // Nothing of the loop is touched any more: the thread may have woken by itself, and the change may have been its
    // last job. Whoever enqueues one does not keep the loop alive.
    wakeUp?.write()
  }

  // The loop

  /// Runs until ``exit()``: the body of the reactor's thread.
  ///
  /// - Parameter tasks: The reactor as the executor that tasks prefer.
  func run(tasks: UnownedTaskExecutor) {
    thread.begin()
    becomeCurrent()
    let actor = unsafe asUnownedSerialExecutor()
    var events = Poller.Events()
    var waking: [ParkedTask] = []
    var running: [LoopJob] = []
    // Room for a full batch of events from the start: a busy loop allocates nothing, however uneven.
    waking.reserveCapacity(2 * Poller.Events.capacity)
    running.reserveCapacity(2 * Poller.Events.capacity)
    jobs.reserveCapacity(2 * Poller.Events.capacity)
    yielding.reserveCapacity(2 * Poller.Events.capacity)

    var policy = LoanPolicy()
    while let milliseconds = prepareToWait() {
      poller.wait(&events, milliseconds: milliseconds)
      // Only this thread writes it: no read-modify-write needed.
      epollReturns.store(epollReturns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
      collect(events, &waking)
      if !yielding.isEmpty {
        waking.append(contentsOf: yielding)
        yielding.removeAll(keepingCapacity: true)
      }
      if !waking.isEmpty { resume(&waking, &policy) }
      swap(&jobs, &running)
      for job in running { unsafe job.run(actor: actor, tasks: tasks) }
      running.removeAll(keepingCapacity: true)
    }
    for alarm in alarms { alarm.close() }
    alarms = []
    leaveProcess()
  }

  /// Decides how long to sleep in `epoll_wait`, in milliseconds; `nil` to end the thread.
  private func prepareToWait() -> Int32? {
    switch prepareToSleep() {
    case nil: nil
    case .min: 0
    case .max: -1
    case let end?: LoopTime.millisecondsToSleep(until: end, now: LoopTime.now)
    }
  }

  /// Decides until when to sleep, and lets others wake the thread from then on.
  ///
  /// - Returns: The time; `.max` for ever, `.min` not at all, while there are jobs; `nil` to end the thread.
  func prepareToSleep() -> Int64? {
    shared.withLock { shared -> Int64? in
      if !shared.submitted.isEmpty || !jobs.isEmpty || !yielding.isEmpty { return .min }
      if shared.exits { return nil }
      shared.sleepsUntil = shared.timers.earliest
      return shared.timers.earliest
    }
  }

  // Registrations

  /// Registers a descriptor, as ``register(_:as:initial:kernel:)``; a loop that has stopped leaves it to its owner.
  func register(
    taking descriptor: inout FileDescriptor?,
    as identity: SocketIdentity? = nil,
    initial: WaiterState,
    kernel: Kernel? = nil
  ) throws(OperationFailure) -> Registration {
    let number = descriptor?.number
    let made = shared.withLock { [kernel = kernel ?? self.kernel] shared -> Registration? in
      guard !shared.isStopped else { return nil }
      return shared.registrations.insert { token in
        Registration(
          loop: self,
          kernel: kernel,
          token: token,
          number: number,
          identity: identity,
          initial: initial
        )
      }
    }
    guard let registration = made else { throw .closed }
    // From here on the registration owns the descriptor, and a `stop` may close it at any moment: so
    // it is held open for the call, and taken out again if that close came too early to do it.
    guard let number = descriptor.take()?.release() else { return registration }
    do {
      try registration.use { _ throws(Errno) in
        try poller.add(number, token: registration.token)
        if registration.isClosed { poller.remove(number) }
      }
      return registration
    } catch {
      registration.close()
      throw error
    }
  }

  /// Takes a descriptor out of epoll.
  func deregister(_ number: Int32) { poller.remove(number) }

  // The end

  /// Closes every registration and refuses new ones.
  ///
  /// The thread goes on running jobs.
  func stop() {
    let registrations = shared.withLock { shared in
      shared.isStopped = true
      return shared.registrations.elements
    }
    for registration in registrations { registration.close(.reactorStopped) }
  }

  /// Ends the thread once its jobs have run.
  ///
  /// Only when nobody can enqueue any more.
  func exit() { wakeIfAsleep { $0.exits = true } }

  /// The number of the current turn, and whether the loop is in the midst of it, and not asleep at its end.
  var progress: (turn: UInt64, isAwake: Bool) {
    (epollReturns.load(ordering: .relaxed), shared.withLock { $0.sleepsUntil == nil })
  }
}
