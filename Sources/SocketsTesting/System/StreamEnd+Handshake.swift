internal import Glibc
internal import Sockets

/// How a connection over a network comes about: a request, an answer, and the answer to that.
extension StreamEnd {
  /// How often a request that nobody answers is sent again: `tcp_syn_retries` (`tcp(7)`).
  private static let retries = 6

  /// After how long, in nanoseconds; twice as long each time.
  private static let firstPause: Int64 = 1_000_000_000

  /// Asks for the connection.
  func request(_ target: SocketAddress, attempt: Int = 0) {
    guard phase == .requesting, let route else { return }
    patience = kernel.after(Self.firstPause << attempt) { [self] in
      if attempt < Self.retries { request(target, attempt: attempt + 1) } else { fail(ETIMEDOUT) }
    }
    send(over: route) { [self] in kernel.answer(self, target, route.reversed) }
  }

  /// Sends a packet of the handshake: it arrives, or it does not.
  fileprivate func send(over route: Fabric.Route, _ action: @escaping () -> Void) {
    guard let arrival = kernel.fabric.send(0, over: route, at: kernel.now, &kernel.generator),
      !kernel.generator.happens(kernel.fabric[route].loss)
    else { return }
    arrive(at: arrival, action)
  }

  /// Takes the answer, and answers it.
  fileprivate func establish(with other: StreamEnd, _ listener: StreamSocket, _ queue: AcceptQueue)
  {
    guard phase == .requesting else { return sendReset(to: other) }
    patience?.cancel()
    patience = nil
    link(to: other)
    phase = .established
    socket?.notify(.output)
    confirm(other, listener, queue, attempt: 0)
  }

  /// Tells the other end that the connection is established, until it knows.
  private func confirm(
    _ other: StreamEnd,
    _ listener: StreamSocket,
    _ queue: AcceptQueue,
    attempt: Int
  ) {
    guard let route, other.phase == .established else { return }
    func again() {
      guard attempt < 5 else { return other.abandon() }
      kernel.after(Self.firstPause << attempt) { [self] in
        confirm(other, listener, queue, attempt: attempt + 1)
      }
    }
    guard let arrival = kernel.fabric.send(0, over: route, at: kernel.now, &kernel.generator) else {
      return again()
    }
    arrive(at: arrival) {
      guard other.phase == .established else { return }
      guard listener.isListening else { return other.drop() }
      if queue.isFull { return again() }
      listener.enqueue(other)
    }
  }

  /// Resets a connection that nobody has accepted.
  func drop() {
    if route == nil { return closeWithinMachine(true) }
    if let peer { sendReset(to: peer) }
    isQueued = false
    abandon()
  }
}

extension SimulatedKernel {
  /// Takes a request for a connection, at the host that it is for.
  fileprivate func answer(_ end: StreamEnd, _ target: SocketAddress, _ back: Fabric.Route) {
    guard end.phase == .requesting else { return }
    guard let listener = listener(at: target) else {
      return end.send(over: back) { if end.phase == .requesting { end.fail(ECONNREFUSED) } }
    }
    guard let queue = listener.openQueue, !fabric.isCut(back) else { return }
    let other = listener.makeEnd(nil, back, end.remote, end.local)
    other.isQueued = true
    other.peer = end
    end.send(over: back) { end.establish(with: other, listener, queue) }
  }

  /// The listener at an address: one that is bound to just that, or else to a wildcard.
  private func listener(at target: SocketAddress) -> StreamSocket? {
    let found = names.sockets(at: target.port, isStream: true).filter {
      $0.isListening && $0.takes(target.ip)
    }
    let exact = found.filter { $0.boundAddress?.ip == target.ip }
    let candidates = exact.isEmpty ? found : exact
    // Those that share the port take turns at random, as the kernel's hash would have it.
    if candidates.count > 1 { return candidates.randomElement(using: &generator) as? StreamSocket }
    return candidates.first as? StreamSocket
  }
}
