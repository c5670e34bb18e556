internal import Synchronization

/// One direction of one registration: its ``WaiterState``, and the task that is parked there.
///
/// Any thread may take any transition. The parked task is written before the state says `parked`, and
/// read by whoever takes that mark away: exactly one resumes it.
struct Waiter: ~Copyable, Sendable {
  /// The state, as one word.
  private let word: Atomic<UInt32>

  /// The parked task: meaningful while the state says `parked`.
  private let task = Atomic<UInt>(0)

  /// When the parked operation is to be interrupted, in ``LoopTime``; `.max` if never.
  let deadline = Atomic<Int64>(.max)

  /// The deadline of the first entry that the timer queue holds for this waiter; `.max` if there is
  /// none.
  ///
  /// Read and written under the event loop's lock, and so is `armedNext`.
  let armed = Atomic<Int64>(.max)

  /// The deadline of an entry that an earlier one was armed in front of; `.max` if there is none.
  let armedNext = Atomic<Int64>(.max)

  /// The turn of the event loop in which an operation was last told to yield.
  let lastTurn = Atomic<UInt64>(0)

  /// How many bytes the direction has moved: see ``Registration/count(_:_:)``.
  let bytes = Atomic<Int>(0)

  init(_ initial: WaiterState) { word = Atomic(initial.rawValue) }

  /// The state as it is now: for statistics.
  var state: WaiterState { WaiterState(rawValue: word.load(ordering: .relaxed)) }

  /// Whether the owner may be in a system call: what it did before it left one has happened before.
  var isInCall: Bool { WaiterState(rawValue: word.load(ordering: .acquiring)).isEntered }

  /// Takes a transition.
  @inline(__always)
  private func take<Result>(_ transition: (inout WaiterState) -> Result) -> Result {
    var current = word.load(ordering: .relaxed)
    while true {
      var state = WaiterState(rawValue: current)
      let result = transition(&state)
      let (exchanged, found) = word.weakCompareExchange(
        expected: current,
        desired: state.rawValue,
        ordering: .acquiringAndReleasing
      )
      if exchanged { return result }
      current = found
    }
  }

  /// The task that a transition has handed over: its release of the `parked` mark happened before the
  /// acquire that took the mark away.
  private func takeTask() -> ParkedTask { ParkedTask(bits: task.load(ordering: .relaxed)) }

  func claim() -> WaiterState.Step { take { $0.claim() } }

  func enter() -> WaiterState.Step { take { $0.enter() } }

  func leave(usedUp: WaiterState.UsedUp) -> Bool { take { $0.leave(usedUp: usedUp) } }

  func release() -> Bool { take { $0.release() } }

  /// `leave` and `release` in one step.
  func finish(usedUp: WaiterState.UsedUp) -> (closed: Bool, contended: Bool) {
    take { (closed: $0.leave(usedUp: usedUp), contended: $0.release()) }
  }

  func contend() -> Bool { take { $0.contend() } }

  func leaveQueue() { take { $0.leaveQueue() } }

  func pass(toSomebody: Bool, queueIsEmpty: Bool) {
    take { $0.pass(toSomebody: toSomebody, queueIsEmpty: queueIsEmpty) }
  }

  /// Parks the task, or resumes it at once if there is a reason not to sleep.
  func park(_ parking: ParkedTask) {
    task.store(parking.bits, ordering: .relaxed)
    if !take({ $0.park() }) { parking.resume() }
  }

  /// Takes an edge of epoll.
  ///
  /// - Parameter hangUp: Whether it tells of an end or an error as well.
  /// - Returns: The task to resume, if one was parked.
  func ready(hangUp: Bool) -> ParkedTask? {
    // While the bit is set nobody is parked, and whoever clears it makes a system call afterwards,
    // which sees what this edge tells of: one edge in two (space to write) needs no more than a look.
    if !hangUp, state.isReady { return nil }
    return signal(hangUp: hangUp)
  }

  /// Takes a signal from within the program, of something that the task finds in memory.
  ///
  /// It takes the transition in any case: no system call sees to it that what was written before is seen by whoever
  /// clears the bit.
  ///
  /// - Parameter hangUp: Whether it tells of an end or an error as well.
  /// - Returns: The task to resume, if one was parked.
  func signal(hangUp: Bool) -> ParkedTask? {
    take { $0.ready(hangUp: hangUp) } ? takeTask() : nil
  }

  /// Wakes the operation so that it looks at its task's cancellation and its deadline.
  ///
  /// - Returns: The task to resume, if one was parked.
  func interrupt() -> ParkedTask? { take { $0.interrupt() } ? takeTask() : nil }

  /// Ends this direction.
  ///
  /// - Returns: The task to resume, if one was parked, and whether a system call is in flight;
  ///   `nil` if it had ended before.
  func close() -> (parked: ParkedTask?, inFlight: Bool)? {
    guard let closing = take({ $0.close() }) else { return nil }
    return (closing.resume ? takeTask() : nil, closing.inFlight)
  }
}
