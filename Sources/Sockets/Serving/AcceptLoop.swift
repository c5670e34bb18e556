/// One listener in one call of `serve`: accepts, has each connection handled in a child task, and ends in
/// good order.
final class AcceptLoop: Sendable {
  /// The listener.
  private let acceptor: Acceptor

  /// The call, which it shares with the loops of other listeners.
  private let serving: Serving

  /// What to do when descriptors run out.
  private let exhaustion: ExhaustionPolicy

  /// The connections whose handlers run.
  private let live = Lock(SlotTable<Stream>())

  /// Wakes the loop when there is room, when the last handler has ended, when the listener begins to
  /// drain.
  private let alarm: Registration

  /// The tasks of the handlers.
  ///
  /// None of them throws. But in a group whose tasks must not, each would pass through a thunk that takes memory
  /// for as long as it lives.
  typealias Group = ThrowingDiscardingTaskGroup<any Error>

  /// How long handlers have to end after they were cancelled, before their connections are reset.
  private static let lastGrace = Duration.milliseconds(50)

  init(
    _ acceptor: Acceptor,
    _ serving: Serving,
    _ exhaustion: ExhaustionPolicy
  ) throws(OperationFailure) {
    self.acceptor = acceptor
    self.serving = serving
    self.exhaustion = exhaustion
    alarm = try acceptor.reactor.loop.register(nil, initial: .waiting)
    acceptor.drainSignal.add(alarm)
    serving.add(alarm)
  }

  deinit {
    serving.remove(alarm)
    acceptor.drainSignal.remove(alarm)
    alarm.close()
  }

  /// Serves until the listener is drained or closed, or the task is cancelled, and leaves no handler
  /// behind.
  ///
  /// - Parameters:
  ///   - handlers: Where the handlers run.
  ///   - limits: How long a connection may take.
  ///   - start: Begins to serve a connection.
  /// - Returns: Whether the listener has failed, or the task was cancelled.
  nonisolated(nonsending) func run(
    _ handlers: HandlerExecutor,
    _ limits: ConnectionLimits,
    start: (Admitted, any TaskExecutor, inout Group) -> Void
  ) async -> Result<Void, OperationFailure> {
    do {
      return try await withThrowingDiscardingTaskGroup { group in
        await run(handlers, limits, start, &group)
      }
    } catch {
      preconditionFailure("a handler's error has left its task: \(error)")
    }
  }

  private nonisolated(nonsending) func run(
    _ handlers: HandlerExecutor,
    _ limits: ConnectionLimits,
    _ start: (Admitted, any TaskExecutor, inout Group) -> Void,
    _ group: inout Group
  ) async -> Result<Void, OperationFailure> {
    let result: Result<Void, OperationFailure>
    do throws(OperationFailure) {
      accepting: while try await wait(until: { serving.hasRoom }) {
        switch try await acceptor.next(for: self) {
        case .full: continue
        case .closed: break accepting
        case .connection(let stream):
          stream.registration.limits.set(limits)
          start(begin(stream), handlers.executor(for: stream), &group)
        }
      }
      // If it is not closed yet, the grace of a drain is over: nobody else is let in.
      acceptor.close()
      if try await wait(until: { isEmpty }) { return .success(()) }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    // The group is the only one that cancels handlers: so nothing else has to tell their waits.
    group.cancelAll()
    for stream in live.withLock({ $0.elements }) { stream.registration.interrupt() }
    await endByForce()
    return result
  }

  /// Waits for the handlers that were cancelled, and in the end aborts their connections.
  ///
  /// The task may be cancelled itself, and waits all the same.
  private nonisolated(nonsending) func endByForce() async {
    let deadline = ContinuousClock.now + Self.lastGrace
    do throws(OperationFailure) {
      while !isEmpty {
        _ = try await alarm.perform(
          .read,
          whenBusy: .fail,
          deadline: deadline,
          isShielded: true
        ) { _ in .done(0, usedUp: .yes) }
      }
    } catch {
      let streams = live.withLock { $0.elements }
      serving.note { $0.reset += streams.count }
      for stream in streams {
        stream.reset()
      }
    }
  }

  /// Waits for a condition that the alarm is signalled for.
  ///
  /// - Parameter condition: The condition.
  /// - Returns: `false` if the grace of a drain is over before.
  /// - Throws: That the task was cancelled.
  private nonisolated(nonsending) func wait(
    until condition: () -> Bool
  ) async throws(OperationFailure) -> Bool {
    while !condition() {
      let deadline = acceptor.drainSignal.deadline
      do throws(OperationFailure) {
        _ = try await alarm.perform(.read, whenBusy: .fail, deadline: deadline) { _ in
          .done(0, usedUp: .yes)
        }
      } catch .timedOut {
        return false
      }
    }
    return true
  }

  private var isEmpty: Bool { live.withLock { $0.count == 0 } }

  /// A connection that is being served.
  struct Admitted: Sendable {
    /// The connection.
    let stream: Stream
    fileprivate let loop: AcceptLoop
    fileprivate let token: UInt64

    /// Begins to handle the connection, in the current task.
    func begin() { stream.registration.guardCurrentTask() }

    /// Closes the connection, since its handler has ended.
    func end(_ outcome: Serving.Outcome) {
      stream.registration.close(outcome == .cancelled ? .cancelled : .closed)
      loop.end(token, outcome)
    }
  }

  /// Takes note of a new connection.
  private func begin(_ stream: Stream) -> Admitted {
    serving.begin()
    return live.withLock { live in
      var token: UInt64 = 0
      _ = live.insert {
        token = $0
        return stream
      }
      return Admitted(stream: stream, loop: self, token: token)
    }
  }

  /// Takes note of the end of a handler.
  private func end(_ token: UInt64, _ outcome: Serving.Outcome) {
    serving.end(outcome, isDraining: acceptor.drainSignal.isRaised)
    let isLast = live.withLock { live in
      _ = live.remove(token)
      return live.count == 0
    }
    if isLast { alarm.signal(.read) }
  }

  // The acceptor's side: in the midst of an accept

  /// Takes the place of one more connection.
  func takePlace() -> Bool { serving.takePlace() }

  /// Gives the place back, since no connection came of it.
  func returnPlace() { serving.returnPlace() }

  /// Takes note that a client was gone before it was accepted.
  func noteAborted() { serving.note { $0.aborted += 1 } }

  /// Takes note that a client was accepted and could not be kept.
  func noteRefused() { serving.note { $0.refused += 1 } }

  /// Counts a pause for want of descriptors.
  func notePause() { serving.note { $0.pauses += 1 } }

  /// What to do now that descriptors have run out.
  enum Remedy { case pause, goOn, fail }

  /// Decides what to do, and turns a client away if so asked.
  ///
  /// - Parameter socket: The listening socket.
  /// - Returns: What else to do.
  func remedy(_ socket: Socket) -> Remedy {
    switch exhaustion {
    case .fail: return .fail
    case .shed where shed(from: socket): return .goOn
    case .shed, .backOff: return .pause
    }
  }

  /// Turns the first client of the queue away, by way of the descriptor in reserve.
  ///
  /// - Returns: Whether it has.
  private func shed(from socket: Socket) -> Bool {
    guard acceptor.reserve.giveUp() else { return false }
    // Another thread may be faster to take the number that has become free.
    var peer = KernelAddress()
    let result = socket.accept(peer: &peer)
    guard result >= 0 else { return false }
    let client = FileDescriptor(owning: Int32(result), kernel: socket.kernel)
    try? client.socket.resetOnClose()
    client.closeQuietly()
    noteRefused()
    return true
  }
}
