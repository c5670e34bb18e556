internal import Synchronization

/// What observers and snapshots learn of a registration.
extension Registration {
  // What has been told: nothing yet, that it was opened, that and more at this moment, or nothing more to tell, since
  // it was closed (plus the position of how in `manners`).
  static let unannounced: UInt8 = 0
  private static let announced: UInt8 = 1
  private static let telling: UInt8 = 2
  private static let over: UInt8 = 3

  /// How the program closes a socket.
  private static let manners: [SocketEvent.CloseReason] = [
    .closed, .aborted, .dropped, .cancelled, .detached, .reactorStopped,
  ]

  /// What ``firstEnd`` says of an end by the peer; else it is an error number, or 0 for no end.
  private static let finished: Int32 = -1

  /// Counts bytes that an operation has moved: by the owner of the direction, so that a plain sum will do.
  @inline(__always)
  func count(_ count: Int, _ direction: Direction) {
    withWaiter(direction) { waiter in
      waiter.bytes.store(waiter.bytes.load(ordering: .relaxed) &+ count, ordering: .relaxed)
    }
  }

  /// Counts bytes in a direction that several may use at once without owning it; then all count like this.
  func countShared(_ count: Int, _ direction: Direction) {
    withWaiter(direction) { _ = $0.bytes.add(count, ordering: .relaxed) }
  }

  /// How many bytes a direction has moved so far.
  func bytes(_ direction: Direction) -> Int {
    withWaiter(direction) { $0.bytes.load(ordering: .relaxed) }
  }

  /// Notes what ended the connection, unless something has before.
  ///
  /// - Parameter error: The error; 0 for an end by the peer.
  func noteEnd(_ error: Errno) {
    _ = firstEnd.compareExchange(
      expected: 0,
      desired: error.rawValue == 0 ? Self.finished : error.rawValue,
      ordering: .relaxed
    )
  }

  /// For observers, notes the error of a connection that has ended without anybody's having read it.
  ///
  /// Only in the midst of a close, with no other call on the descriptor: the error can be asked for once, and
  /// the next read would then see a clean end (number 37 in the article Reliability).
  func noteUnreadError() {
    guard Observers.exist, identity?.kind.isConnection == true, ends.contains(.connection),
      firstEnd.load(ordering: .relaxed) == 0,
      let error = try? socket.option(.error), error != 0
    else { return }
    noteEnd(Errno(error))
  }

  /// Tells observers that the socket is there: once it has its owner.
  func announce() {
    guard let identity else { return }
    Observers.tell(.opened(identity))
    let (isFirst, _) = announcement.compareExchange(
      expected: Self.unannounced,
      desired: Self.announced,
      ordering: .acquiringAndReleasing
    )
    // Nobody but the reactor can have closed it before its owner was there.
    if !isFirst { tellClose(identity, .reactorStopped) }
  }

  /// Tells observers something between the socket's opening and its close: nothing if it was closed, and of a close that
  /// comes meanwhile afterwards.
  ///
  /// - Parameter event: Makes the event. One at a time: for the owner of a direction.
  func announce(_ event: (SocketIdentity) -> SocketEvent) {
    guard Observers.exist, let identity else { return }
    let (isOpen, _) = announcement.compareExchange(
      expected: Self.announced,
      desired: Self.telling,
      ordering: .acquiringAndReleasing
    )
    guard isOpen else { return }
    Observers.tell(event(identity))
    let (isStillOpen, found) = announcement.compareExchange(
      expected: Self.telling,
      desired: Self.announced,
      ordering: .acquiringAndReleasing
    )
    if !isStillOpen { tellClose(identity, Self.manners[Int(found - Self.over)]) }
  }

  /// Tells observers that the socket is closed, if they were told that it was there; whoever tells them something else of
  /// it at this moment does so next.
  func announceClose(_ manner: SocketEvent.CloseReason) {
    guard let identity else { return }
    let position = UInt8(Self.manners.firstIndex(of: manner) ?? 0)
    let earlier = announcement.exchange(Self.over + position, ordering: .acquiringAndReleasing)
    if earlier == Self.announced { tellClose(identity, manner) }
  }

  private func tellClose(_ identity: SocketIdentity, _ manner: SocketEvent.CloseReason) {
    Observers.tell(
      .closed(
        identity,
        .init(
          reason: reason(identity, manner),
          bytesRead: bytes(.read),
          bytesWritten: bytes(.write),
          age: identity.age
        )
      )
    )
  }

  private func reason(
    _ identity: SocketIdentity,
    _ manner: SocketEvent.CloseReason
  ) -> SocketEvent.CloseReason {
    // What the peer has done, the next owner finds out.
    if manner == .detached { return manner }
    let end = firstEnd.load(ordering: .relaxed)
    if end > 0 { return .failed(Errno(end).code) }
    let isOver = end == Self.finished || ends.contains(.incoming)
    return identity.kind.isConnection && isOver ? .peerFinished : manner
  }
}
