internal import Glibc
internal import Sockets

/// What goes over a network, segment by segment.
extension StreamEnd {
  /// The longest segment over a link that takes time, in bytes.
  private static let segment = 16_384

  /// After how long a lost segment is sent again, in nanoseconds; twice as long each time.
  private static let retransmission: Int64 = 200_000_000

  /// For how long what is to be sent may get nowhere, in nanoseconds: `tcp_retries2` of 15 (`tcp(7)`).
  private static let patience: Int64 = 924_600_000_000

  /// Sends what the peer has room for.
  func transmit() {
    guard let route, let peer, phase == .established else { return }
    while !unsent.isEmpty {
      let window = peer.isPresent ? peer.receiveCapacity - peer.incoming.count - flying : .max
      // A closed window is probed, and the probes get lost as everything does.
      guard window > 0 else { return kernel.fabric.isCut(route) ? waitForLink() : endPatience() }
      let isSlow = kernel.fabric[route].bandwidth != nil
      let count = min(unsent.count, window, isSlow ? Self.segment : .max)
      guard let arrival = departure(count, route) else { return waitForLink() }
      let bytes = Array(unsent.prefix(count))
      unsent.removeFirst(count)
      flying += count
      arrive(at: arrival) { [self] in
        flying -= count
        peer.deliver(bytes[...], from: self)
        if lacksSpace, isWritable {
          lacksSpace = false
          socket?.notify(.output)
        }
      }
    }
    guard isFinished, !hasSentEnd else { return }
    guard let arrival = departure(0, route) else { return waitForLink() }
    hasSentEnd = true
    arrive(at: arrival) { [self] in peer.deliverEnd(from: self) }
  }

  /// When what is sent now arrives; `nil` if it vanishes.
  private func departure(_ count: Int, _ route: Fabric.Route) -> Int64? {
    guard var arrival = kernel.fabric.send(count, over: route, at: kernel.now, &kernel.generator)
    else { return nil }
    var (pause, delay) = (Self.retransmission, Int64(0))
    while kernel.generator.happens(kernel.fabric[route].loss) {
      delay += pause
      pause *= 2
      if delay > limit { return nil }
    }
    arrival += delay
    endPatience()
    lastArrival = max(lastArrival, arrival)
    return lastArrival
  }

  /// Whether somebody has it, or can still accept it.
  private var isPresent: Bool { phase == .established && (socket != nil || isQueued) }

  /// Does something at a time, at once if that is now.
  func arrive(at time: Int64, _ action: @escaping () -> Void) {
    if time <= kernel.now { action() } else { kernel.at(time, action) }
  }

  /// For how long what is to be sent may get nowhere.
  private var limit: Int64 { socket?.userTimeout ?? Self.patience }

  /// Waits until the link is whole again, but not for ever.
  private func waitForLink() {
    guard patience == nil else { return }
    patience = kernel.after(limit) { [self] in
      patience = nil
      fail(ETIMEDOUT)
    }
  }

  private func endPatience() {
    patience?.cancel()
    patience = nil
  }

  /// Goes on, or begins to probe, now that a link has changed.
  func linkHasChanged() {
    transmit()
    if reasonToProbe != suspicion { restartProbe() }
  }

  /// Begins to probe anew, if there is a reason.
  ///
  /// What the peer answers is known beforehand, so nothing is sent as long as that would be a yes.
  func restartProbe() {
    probe?.cancel()
    suspicion = reasonToProbe
    guard let suspicion, let (idle, whole) = socket?.keepAlive else { return }
    switch suspicion {
    case .isCut: probe = kernel.after(whole) { [self] in fail(ETIMEDOUT) }
    case .isOver: probe = kernel.after(idle) { [self] in fail(ECONNRESET) }
    }
  }

  private var reasonToProbe: Suspicion? {
    guard phase == .established, let route, let peer else { return nil }
    if kernel.fabric.isCut(route) || kernel.fabric.isCut(route.reversed) { return .isCut }
    return peer.isOver ? .isOver : nil
  }

  /// Takes bytes from the network.
  private func deliver(_ bytes: ArraySlice<UInt8>, from sender: StreamEnd) {
    guard isPresent else {
      // Nobody is there any more who could read it.
      sendReset(to: sender)
      abandon()
      return
    }
    incoming.append(bytes)
    socket?.notify(.input)
  }

  private func deliverEnd(from sender: StreamEnd) {
    guard phase == .established else { return }
    hasPeerFinished = true
    socket?.notify([.input, .readEnd, .hangUp])
    endIfBothHave()
    sender.endIfBothHave()
  }

  /// Forgets a connection whose directions have both ended.
  private func endIfBothHave() {
    guard hasPeerFinished, hasSentEnd, unsent.isEmpty, flying == 0, peer?.hasPeerFinished == true
    else { return }
    phase = .over
    kernel.forget(self)
    peer = nil
  }

  /// Tells the peer that the connection is no more.
  func sendReset(to peer: StreamEnd) {
    guard let route,
      let arrival = kernel.fabric.send(0, over: route, at: kernel.now, &kernel.generator)
    else { return }
    lastArrival = max(lastArrival, arrival)
    arrive(at: lastArrival) {
      guard peer.phase == .established else { return }
      // After the peer's own end Linux calls it a broken pipe.
      peer.fail(peer.hasPeerFinished ? EPIPE : ECONNRESET)
    }
  }
}
