internal import Synchronization

/// One descriptor in one reactor: its only owner, with a waiter for each direction.
///
/// Its descriptor's number is released when the registration is closed and no system call is in flight
/// on it, whichever comes last, so that no call can reach a stranger that was given the same number.
///
/// A registration without a descriptor is an alarm: it can be signalled, and it can time out.
final class Registration: Sendable {
  /// The loop that delivers its events.
  let loop: EventLoop

  /// The system calls.
  let kernel: Kernel

  /// Its name in the loop's table and in epoll.
  let token: UInt64

  /// The descriptor's number; `nil` for an alarm.
  let number: Int32?

  /// Which socket it is to observers; `nil` for an alarm, and for a descriptor that is only waited for.
  let identity: SocketIdentity?

  /// The reading side.
  private let reading: Waiter

  /// The writing side.
  private let writing: Waiter

  /// What of the connection has ended, as events have told: the raw value of ``Poller/Ends``.
  private let ended = Atomic<UInt8>(0)

  /// What observers have been told of it: see ``announce()``.
  let announcement = Atomic<UInt8>(unannounced)

  /// What ended the connection first: see ``noteEnd(_:)``.
  let firstEnd = Atomic<Int32>(0)

  /// What the kernel may still send from memory of this process: closed then, the socket is reset, so that it does not
  /// go on to.
  private let lent = AtomicLazyReference<LentMemory>()

  /// Whether there may be any: a look at the reference itself takes 500 instructions, which each close would execute.
  private let hasLent = Atomic<Bool>(false)

  /// How long operations may wait at most.
  let limits = WaitLimits()

  /// The task whose operations need no cancellation handler, as a number; 0 if there is none.
  let guardedTask = Atomic<UInt>(0)

  /// Operations that queue for a direction's claim, in the order of their calls.
  let queue = Lock<[(direction: Direction, turn: Registration)]>([])

  /// Who keeps the descriptor open: `open` for the registration itself, 1 for each system call in
  /// flight that the close has to wait for.
  ///
  /// Whoever brings it to 0 closes.
  private let holders = Atomic<Int>(open)

  /// The registration's own share in `holders`: more than there can ever be calls in flight.
  private static let open = 1 << 32

  init(
    loop: EventLoop,
    kernel: Kernel,
    token: UInt64,
    number: Int32?,
    identity: SocketIdentity?,
    initial: WaiterState
  ) {
    self.loop = loop
    self.kernel = kernel
    self.token = token
    self.number = number
    self.identity = identity
    reading = Waiter(initial)
    writing = Waiter(initial)
  }

  /// The calls on the descriptor; only for who holds it open.
  var socket: Socket { Socket(number: number ?? -1, kernel: kernel) }

  /// Whether it was closed.
  var isClosed: Bool { reading.state.isClosed }

  @inline(__always)
  func withWaiter<Result>(
    _ direction: Direction,
    _ body: (borrowing Waiter) -> Result
  ) -> Result {
    switch direction {
    case .read: body(reading)
    case .write: body(writing)
    }
  }

  /// Whether an operation may be in a system call, or has not drawn its conclusions yet.
  ///
  /// If not, what those that have ended have noted can be seen.
  func isInCall(_ direction: Direction) -> Bool { withWaiter(direction) { $0.isInCall } }

  /// Whether an event has told of an end or an error.
  func hasHungUp(_ direction: Direction) -> Bool { withWaiter(direction) { $0.state.hasHungUp } }

  // The loop's side

  /// What of the connection has ended, as far as the loop has heard.
  var ends: Poller.Ends { Poller.Ends(rawValue: ended.load(ordering: .acquiring)) }

  /// Marks what an event tells of and takes the tasks that it wakes.
  ///
  /// - Returns: Whether it tells of an end that no event has told of before.
  func deliver(_ event: Poller.Event, _ waking: inout [ParkedTask]) -> Bool {
    defer { wake(event, &waking) }
    if event.ends.isEmpty { return false }
    let ends = event.ends.rawValue
    return ended.bitwiseOr(ends, ordering: .acquiringAndReleasing).oldValue & ends != ends
  }

  private func wake(_ event: Poller.Event, _ waking: inout [ParkedTask]) {
    if event.readable, let task = reading.ready(hangUp: event.hangUp) {
      waking.append(task)
    }
    if event.writable, let task = writing.ready(hangUp: event.hangUp) {
      waking.append(task)
    }
  }

  /// Makes a direction ready from within the program: the signal of an alarm.
  ///
  /// - Parameters:
  ///   - direction: The direction.
  ///   - hangUp: Whether it also tells of an end, of which no later signal is sure to tell.
  func signal(_ direction: Direction, hangUp: Bool = false) {
    withWaiter(direction) { waiter in
      if let task = waiter.signal(hangUp: hangUp) { task.resume() }
    }
    if number != nil { loop.signalWatchers(of: self) }
  }

  /// Wakes a direction's operation, so that it looks at its task and its deadline.
  func interrupt(_ direction: Direction) {
    withWaiter(direction) { waiter in
      if let task = waiter.interrupt() { task.resume() }
    }
  }

  // Closing

  /// Marks both directions closed, deregisters, fails the waiters with `.closed`, closes the
  /// descriptor, tells observers: one step, in this order, at most once.
  ///
  /// - Parameters:
  ///   - manner: How the program closes it, for observers.
  ///   - prepare: A last call on the descriptor.
  /// - Returns: Whether it was open.
  @discardableResult
  func close(
    _ manner: SocketEvent.CloseReason = .closed,
    _ prepare: (Socket) -> Void = { _ in }
  ) -> Bool {
    guard let reader = reading.close(), let writer = writing.close() else { return false }
    if number != nil { prepare(socket) }
    loop.remove(self)
    if let number { loop.deregister(number) }
    reader.parked?.resume()
    writer.parked?.resume()
    let queued = queue.withLock { queue in
      defer { queue = [] }
      return queue
    }
    for (direction, turn) in queued { turn.signal(direction) }
    let inFlight = (reader.inFlight ? 1 : 0) + (writer.inFlight ? 1 : 0)
    // Of a socket that was given away, the error is the next owner's.
    if inFlight == 0, manner != .detached { noteUnreadError() }
    drop(Self.open - inFlight)
    announceClose(manner)
    return true
  }

  /// Makes system calls outside the two directions' operations: options, `shutdown`.
  ///
  /// - Parameter body: The calls.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or that the registration is closed.
  func use<Result>(
    _ body: (Socket) throws(Errno) -> Result
  ) throws(OperationFailure) -> Result {
    guard hold() else { throw .closed }
    defer { drop(1) }
    do {
      return try body(socket)
    } catch {
      throw .failed(error)
    }
  }

  /// Closes the registration and keeps the socket: under a new number, so that a call in flight on
  /// the old one stays what it was.
  ///
  /// - Returns: The descriptor.
  func detach() throws(OperationFailure) -> OwnedDescriptor {
    if lendsMemory { throw .failed(.busy) }
    let number = try use { (socket) throws(Errno) in
      Int32(try retryingOnInterrupt { socket.kernel.call.duplicate(socket.number) })
    }
    let descriptor = OwnedDescriptor(owning: number)
    // Of several who detach or close it at once, one does.
    if !close(.detached) { throw .closed }
    return descriptor
  }

  /// What is lent to the kernel, from now on.
  func lendMemory() -> LentMemory {
    hasLent.store(true, ordering: .releasing)
    return lent.storeIfNil(LentMemory())
  }

  /// Whether the kernel may still send from memory of this process.
  var lendsMemory: Bool {
    hasLent.load(ordering: .acquiring) && lent.load()?.isLent ?? false
  }

  /// Takes a share in the descriptor, unless the registration has given up its own.
  private func hold() -> Bool {
    var current = holders.load(ordering: .relaxed)
    while current > Self.open / 2 {
      let (exchanged, found) = holders.weakCompareExchange(
        expected: current,
        desired: current + 1,
        ordering: .acquiringAndReleasing
      )
      if exchanged { return true }
      current = found
    }
    return false
  }

  /// Gives up a share in the descriptor, and closes it if that was the last.
  func drop(_ share: Int) {
    let left = holders.subtract(share, ordering: .acquiringAndReleasing).newValue
    guard left == 0, let number else { return }
    if lendsMemory { try? socket.resetOnClose() }
    _ = FileDescriptor(owning: number, kernel: kernel)
  }
}
