extension Reactor {
  /// Looks at every socket of the process, whatever its reactor, and says what it is doing.
  ///
  /// For the moment when a server misbehaves: print it on a signal, or on a page for the people who run
  /// the server. It asks the kernel too, which costs some microseconds for each socket; until then nothing
  /// is paid for it but two sums, of the bytes read and written.
  ///
  /// It runs where its caller runs, and lets others go first after each small part: it holds no reactor up.
  /// So it is no picture of one moment: sockets that are opened or closed meanwhile may be in it or not, and
  /// each is seen at its own time. Nothing that a socket does is disturbed. Not cancellable; it waits for
  /// nobody.
  ///
  /// It is a call of `Reactor` because reactors know the sockets. There is no type `Sockets` to have it:
  /// in a program that imports this module, such a type would stand in the way of every `Sockets.`-qualified
  /// name.
  ///
  /// The corresponding C functions are `getsockopt(2)` with `TCP_INFO` and `SO_MEMINFO`, and `ioctl(2)` with
  /// `SIOCINQ` and `SIOCOUTQ`; the corresponding command is `ss(8)`.
  ///
  /// - Returns: The reactors and their sockets.
  public nonisolated(nonsending) static func snapshot() async -> SocketSnapshot {
    // So many sockets take well below a millisecond, and nobody should wait longer for this.
    let part = 64
    var snapshot = SocketSnapshot(reactors: [], sockets: [])
    var sockets: [(id: UInt64, registration: Registration)] = []
    var untilYield = 8 * part
    for loop in EventLoop.all {
      snapshot.reactors.append(.init(name: loop.name, statistics: loop.statistics))
      var index = 0
      while let more = loop.sockets(from: &index, upTo: 8 * part) {
        sockets += more
        untilYield -= more.count
        guard untilYield <= 0 else { continue }
        await EventLoop.yield()
        untilYield = 8 * part
      }
    }
    sockets.sort { $0.id < $1.id }
    snapshot.sockets.reserveCapacity(sockets.count)
    for start in stride(from: 0, to: sockets.count, by: part) {
      if start > 0 { await EventLoop.yield() }
      for (_, registration) in sockets[start..<min(start + part, sockets.count)] {
        if let entry = SocketSnapshot.Entry(registration) { snapshot.sockets.append(entry) }
      }
    }
    return snapshot
  }
}

extension SocketSnapshot.Entry {
  /// Looks at one socket.
  ///
  /// - Parameter registration: The socket; `nil` if it is closed.
  fileprivate init?(_ registration: Registration) {
    guard let identity = registration.identity else { return nil }
    let queue = registration.queue.withLock { $0.map(\.direction) }
    self.init(
      identity: identity,
      reactor: registration.loop.name,
      age: identity.age,
      bytesRead: registration.bytes(.read),
      bytesWritten: registration.bytes(.write),
      reading: .init(registration.withWaiter(.read) { $0.state }),
      writing: .init(registration.withWaiter(.write) { $0.state }),
      queuedReads: queue.count { $0 == .read },
      queuedWrites: queue.count { $0 == .write }
    )
    do throws(OperationFailure) {
      try registration.use { socket in ask(socket) }
    } catch {
      return nil
    }
  }

  /// Asks the kernel what it knows.
  private mutating func ask(_ socket: Socket) {
    switch identity.kind {
    case .tcpConnection:
      tcpInfo = try? socket.tcpInfo()
      receiveQueue = try? socket.receiveQueue()
      sendQueue = try? socket.sendQueue()
    case .tcpListener:
      // Of a listener, two fields are the length of its queue and the longest that this may be.
      let info = try? socket.tcpInfo()
      acceptQueue = info?.unacknowledgedSegments
      backlog = info?.selectivelyAcknowledgedSegments
    case .udpSocket:
      let memory = try? socket.memory()
      receiveQueue = memory?.received
      sendQueue = memory?.sent
      droppedDatagrams = memory?.dropped
    case .unixConnection, .seqPacketConnection, .unixDatagramSocket:
      receiveQueue = try? socket.receiveQueue()
      sendQueue = try? socket.sendQueue()
    case .unixListener, .seqPacketListener: break
    }
  }
}

extension SocketSnapshot.Activity {
  fileprivate init(_ state: WaiterState) {
    self = state.isParked ? .suspended : state.isClaimed ? .inProgress : .none
  }
}
