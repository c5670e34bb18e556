internal import Synchronization

/// The one implementation behind every ``SocketListener``, whatever its transport.
final class Acceptor: Sendable {
  /// The reactor that watches the listening socket.
  let reactor: Reactor

  /// Its descriptor.
  let registration: Registration

  /// The file that it has in the file system, to be removed by the close.
  private let file: SocketFile?

  /// The reactors that the accepted connections are given to in turn.
  private let reactors: [Reactor]

  private let turn = Turn()

  /// Until when a draining listener waits for handshakes that have begun, in ``LoopTime``.
  private let lastHandshake = Atomic<Int64>(.max)

  /// Tells the connections that the listener is draining.
  let drainSignal = DrainSignal()

  /// What it leaves to the rest of the program when descriptors have run out.
  let reserve = DescriptorReserve()

  /// How long to pause when descriptors have run out, in nanoseconds: doubles up to `longestPause`.
  private let pause = Atomic<Int64>(shortestPause)

  private static let shortestPause: Int64 = 10_000_000
  private static let longestPause: Int64 = 1_000_000_000

  init(
    registration: Registration,
    file: SocketFile? = nil,
    reactors: [Reactor]
  ) {
    self.reactor = reactors[0]
    self.registration = registration
    self.file = file
    self.reactors = reactors
    registration.announce()
  }

  deinit { close(.dropped) }

  /// The address it is bound to.
  var localName: SocketName { registration.identity?.localName ?? .memory }

  /// Stops listening.
  ///
  /// The file goes first, while the socket is still open: no successor can have replaced it, since it
  /// is in use, nor can a stranger's file have been given its inode number.
  func close(_ manner: SocketEvent.CloseReason = .closed) {
    registration.close(manner) { socket in file?.remove(kernel: socket.kernel) }
    reserve.giveUp()
  }

  /// Takes the next connection from the kernel's queue and registers it with its reactor.
  nonisolated(nonsending) func accept(
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> Stream {
    guard let accepted = try await accept(deadline, for: nil) else { throw .closed }
    return accepted
  }

  /// What the next accept of a server came to.
  enum Next {
    /// A connection, which has taken its place.
    case connection(Stream)
    /// No place is left.
    case full
    /// The listener is closed, or drained.
    case closed
  }

  /// Takes the next connection for a server.
  nonisolated(nonsending) func next(for server: AcceptLoop) async throws(OperationFailure) -> Next {
    do throws(OperationFailure) {
      return try await accept(nil, for: server).map(Next.connection) ?? .full
    } catch .closed {
      return .closed
    }
  }

  private nonisolated(nonsending) func accept(
    _ deadline: ContinuousClock.Instant?,
    for server: AcceptLoop?
  ) async throws(OperationFailure) -> Stream? {
    var supply: UInt64?
    defer { DescriptorSupply.unsubscribe(&supply) }
    var accepted: Stream?
    do throws(OperationFailure) {
      try await accept(deadline, server, &supply, &accepted)
    } catch .failed(.canceled) {
      close()
      throw .closed
    }
    return accepted
  }

  /// Takes the next connection; none if the server has no place for it.
  ///
  /// Fails with "canceled" at the listener's end: once it drains and has no more, or no more time, or when nobody is
  /// left to give connections to.
  private nonisolated(nonsending) func accept(
    _ deadline: ContinuousClock.Instant?,
    _ server: AcceptLoop?,
    _ supply: inout UInt64?,
    _ accepted: inout Stream?
  ) async throws(OperationFailure) {
    _ = try await registration.perform(.read, whenBusy: .queue, deadline: deadline) { socket in
      if drainSignal.isOver { return .failed(.canceled) }
      if let server, !server.takePlace() { return .done(0, usedUp: .no) }
      // Asked before the look into the queue: a client who comes behind it, and only then the drain, is looked for again.
      let last = drainSignal.isRaised ? lastHandshake.load(ordering: .relaxed) : nil
      let isLast = last.map { $0 <= LoopTime.now } ?? false
      let result = take(from: socket, for: server, &accepted)
      if result >= 0 {
        pause.store(Self.shortestPause, ordering: .relaxed)
        return .done(0, usedUp: .no)
      }
      server?.returnPlace()
      let error = Errno(Int32(-result))
      if error == .again {
        // The kernel finds the new descriptor before it looks into the queue: there are some again.
        pause.store(Self.shortestPause, ordering: .relaxed)
        DescriptorSupply.unsubscribe(&supply)
        guard let last else { return .again(.yes) }
        // The queue of a draining listener is empty: once nobody is on the way to it any more, that was
        // the last client.
        return isLast ? .failed(.canceled) : .later(last)
      }
      switch AcceptDisposition(error) {
      case .next:
        server?.noteAborted()
        return .again(.no)
      case .fail: return .failed(error)
      case .wait:
        switch server?.remedy(socket) ?? .pause {
        case .goOn: return .again(.no)
        case .fail: return .failed(error)
        case .pause: break
        }
        if !error.isLackOfDescriptors {
          // Least of all to be told of is the close of the client itself whom epoll had no room for.
          DescriptorSupply.unsubscribe(&supply)
        } else if supply == nil {
          // No edge comes when descriptors become free again. Asked for before another look: what comes free between
          // the two is not missed.
          supply = DescriptorSupply.subscribe { [registration] in registration.signal(.read) }
          return .again(.no)
        }
        server?.notePause()
        reserve.giveUp()
        let now = LoopTime.now
        var retry = now + pause.load(ordering: .relaxed)
        if let end = drainSignal.deadline.map(LoopTime.nanoseconds) {
          if end <= now { return .failed(.canceled) }
          retry = min(retry, end)
        }
        let next = min(2 * pause.load(ordering: .relaxed), Self.longestPause)
        pause.store(next, ordering: .relaxed)
        announcePause(error, .nanoseconds(retry - now))
        return .later(retry)
      }
    }
  }

  private func announcePause(_ error: Errno, _ duration: Duration) {
    registration.announce { .acceptPaused($0, .init(reason: error.code, duration: duration)) }
  }

  /// Lets no new client in, hands out those whom the kernel has queued and those whose handshake has
  /// begun, and closes after the last.
  ///
  /// A client is connected as soon as it has the answer to its SYN, and in the queue when its own answer to
  /// that has arrived, a round trip after its SYN did. Whoever is between the two when the socket is closed
  /// is reset. So the filter alone is not enough, nor is emptying the queue: a thousand clients that connect
  /// within 400 ms of a stop over a round trip of 40 ms, 20 stops each, were
  ///
  /// | | served | refused | reset |
  /// | --- | --- | --- | --- |
  /// | without the filter, closed when the queue was empty | 5,755 | 11,246 | 2,999 |
  /// | with the filter, closed when the queue was empty | 6,714 | 11,512 | 1,774 |
  /// | with the filter, closed 300 ms later | 8,456 | 11,544 | 0 |
  ///
  /// Either way of refusing clients is done to the socket, for everybody who holds it, and stays when this process's
  /// descriptor is closed. So it is not done to an adopted one, which may be a service manager's: whoever is in the
  /// queue when that was found empty, and this descriptor closed, is its next holder's client.
  ///
  /// - Parameter deadline: When what is still running is to be cancelled.
  func drain(until deadline: ContinuousClock.Instant) {
    // Whoever is let in before is on the way from now on. If clients are not refused, the queue would never stay empty.
    let refuses = refusesClients()
    let now = ContinuousClock.now
    let patience = refuses ? min(handshakeTime, now.duration(to: deadline) / 2) : .zero
    lastHandshake.min(LoopTime.nanoseconds(now + patience), ordering: .relaxed)
    drainSignal.raise(deadline: deadline)
    // Nobody may be accepting: then the queue is emptied by whoever accepts next. A parked accept is
    // woken to find it empty.
    registration.signal(.read)
  }

  /// Has the kernel refuse new clients, unless the socket may be somebody else's as well.
  ///
  /// - Returns: Whether it does.
  private func refusesClients() -> Bool {
    if registration.identity?.origin == .adopted { return false }
    do throws(OperationFailure) {
      try registration.use { (socket) throws(Errno) in
        switch localName {
        case .ip: try socket.refuseNewConnections()
        case .unix: try socket.refuseNewUnixConnections()
        case .memory: break
        }
      }
      return true
    } catch {
      return false
    }
  }

  /// How long a handshake may take that has begun.
  ///
  /// Over a network, the longest of usual round trips, and well below the second after which a client whose
  /// SYN was dropped sends it again, to be refused then. Within the machine hardly any time; a Unix-domain
  /// socket has none.
  private var handshakeTime: Duration {
    guard case .ip(let address) = localName else { return .zero }
    return address.ip.isLoopback ? .milliseconds(5) : .milliseconds(300)
  }

  /// Accepts one connection and makes its stream.
  ///
  /// Nothing that is done to the new descriptor throws: if no reactor can take it, the reason is the result,
  /// and the connection is closed.
  ///
  /// - Parameters:
  ///   - socket: The listening socket.
  ///   - server: The server that it is for, if any.
  ///   - stream: Receives the stream.
  /// - Returns: 0, or the negated error number: also where only the descriptor in reserve would be left for it.
  private func take(from socket: Socket, for server: AcceptLoop?, _ stream: inout Stream?) -> Int {
    if let error = reserve.keep(socket.kernel) { return -Int(error.rawValue) }
    var peer = KernelAddress()
    let result = socket.accept(peer: &peer)
    if result < 0 { return result }
    let descriptor = FileDescriptor(owning: Int32(result), kernel: socket.kernel)
    // Only a listener on a wildcard has to ask at which of the machine's addresses the client came in.
    var local = localName
    if case .ip(let address) = local, address.ip.isUnspecified,
      let name = try? descriptor.socket.localAddress().socketAddress
    {
      local = .ip(name)
    }
    let registered = register(descriptor, &stream, local, SocketName(peer) ?? local.anonymous)
    if registered < 0 { server?.noteRefused() }
    return registered
  }

  /// Gives an accepted connection to the reactor whose turn it is, or to the next one if that was stopped.
  private func register(
    _ descriptor: consuming FileDescriptor,
    _ stream: inout Stream?,
    _ localName: SocketName,
    _ remoteName: SocketName
  ) -> Int {
    let identity = registration.identity.map {
      SocketIdentity($0.kind.accepted, .accepted, local: localName, remote: remoteName)
    }
    var descriptor: FileDescriptor? = descriptor
    let first = reactors.count == 1 ? 0 : turn.next(of: reactors.count)
    for offset in 0..<reactors.count {
      let reactor = reactors[(first + offset) % reactors.count]
      do throws(OperationFailure) {
        stream = Stream(
          reactor: reactor,
          registration: try reactor.loop.register(
            taking: &descriptor,
            as: identity,
            initial: .untried
          ),
          drainSignal: drainSignal
        )
        return 0
      } catch .failed(let error) {
        return -Int(error.rawValue)
      } catch {
        continue  // stopped
      }
    }
    return -Int(Errno.canceled.rawValue)
  }
}
