/// Waits until at least one of several things is ready, and tells which: `select(2)` for people.
///
/// ```swift
/// let ready = try await firstReady(of: [listener.acceptable, connection.readable])
/// if ready.contains(listener.acceptable) { … }
/// ```
///
/// Nothing is consumed: no byte is read, no connection accepted, so nothing can be lost, and what
/// is not chosen now is ready the next time. *Ready* means that the operation would not suspend,
/// because there is something to take, or because it would report an end, an error or a closed
/// socket at once.
///
/// It is a look from outside, and owns nothing: other tasks may read, write and accept on the same
/// sockets meanwhile, undisturbed. Whoever acts first gets what was ready; a task that must not
/// suspend in the operation that follows should be the only one that performs it.
///
/// If cancelled, or out of time, nothing has happened. What is ready already is returned also when
/// the deadline has passed, so a deadline of now asks without waiting. Without anything to wait for
/// it waits for the deadline or the cancellation.
///
/// The corresponding C functions are `select(2)` and `poll(2)`, here by way of an `epoll(7)`
/// instance that lives as long as the call. Descriptors of someone else are duplicated for that
/// time, so that closing one cannot confuse it with another that is given the same number.
///
/// - Parameters:
///   - things: What to wait for.
///   - deadline: When to give up; `nil` for never.
///   - reactor: The reactor that waits; `nil` for the next of the shared ones. The sockets may
///     belong to any.
/// - Returns: Those that are ready: at least one.
/// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
///   ``SocketError/Code-swift.struct/closed`` once the reactor was stopped,
///   ``SocketError/Code-swift.struct/tooManyOpenFiles``, ``SocketError/Code-swift.struct/other``
///   with `EBADF` if a descriptor of someone else is not open.
public nonisolated(nonsending) func firstReady(
  of things: some Collection<Readiness>,
  deadline: ContinuousClock.Instant? = nil,
  on reactor: Reactor? = nil
) async throws -> Set<Readiness> {
  let reactor = try reactor ?? Reactor.nextShared()
  do throws(OperationFailure) {
    return try await reactor.loop.firstReady(of: Set(things), deadline: deadline)
  } catch {
    throw error.error(.wait)
  }
}

extension EventLoop {
  fileprivate nonisolated(nonsending) func firstReady(
    of things: Set<Readiness>,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> Set<Readiness> {
    if Task.isCancelled { throw .cancelled }
    let owner = try failing { () throws(Errno) in try ReadinessPoll.make(kernel: kernel) }
    let poll = ReadinessPoll(number: owner.number, kernel: kernel)
    let watch = try register(owner, initial: .untried)
    defer { watch.close() }

    var ready: Set<Readiness> = []
    var duplicates = DuplicateDescriptors(kernel: kernel)
    var groups: [[Readiness]] = []
    for thing in things {
      if let index = groups.firstIndex(where: { $0[0].isSameSource(as: thing) }) {
        groups[index].append(thing)
      } else {
        groups.append([thing])
      }
    }
    defer {
      for case .registration(let registration, _) in groups.map(\.[0].source) {
        registration.loop.removeWatcher(watch, of: registration)
      }
    }
    for (index, group) in groups.enumerated() {
      let interests = group.reduce(into: ReadinessPoll.Interests()) { $0.formUnion($1.interest) }
      // If the reactor was stopped meanwhile, the wait below says so.
      func add(_ number: Int32) throws(Errno) {
        try watch.useIfOpen { (_) throws(Errno) in
          try poll.add(number, interests, index: index)
        }
      }
      do throws(Errno) {
        switch group[0].source {
        case .registration(let registration, _):
          registration.loop.addWatcher(watch, of: registration)
          // One that is closed is found ready below.
          try registration.useIfOpen { (socket) throws(Errno) in try add(socket.number) }
        case .foreign(let number): try add(try duplicates.add(number))
        }
      } catch .notPermitted {
        ready.formUnion(group)  // a regular file
      } catch {
        throw .failed(error)
      }
    }
    _ = try await watch.perform(.read, whenBusy: .fail, deadline: deadline) { _ in
      ready.formUnion(things.lazy.filter(\.isKnownReady))
      poll.ask(count: groups.count) { index, interests in
        ready.formUnion(groups[index].lazy.filter { interests.contains($0.interest) })
      }
      return ready.isEmpty ? .again(.yes) : .done(0, usedUp: .yes)
    }
    return ready
  }
}

extension Registration {
  /// Makes system calls on the descriptor, unless it is closed.
  fileprivate func useIfOpen(
    _ body: (Socket) throws(Errno) -> Void
  ) throws(Errno) {
    do throws(OperationFailure) {
      try use(body)
    } catch {
      if case .failed(let error) = error { throw error }
    }
  }
}
