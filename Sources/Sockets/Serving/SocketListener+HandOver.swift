extension SocketListener {
  /// Ends a ``serve(maxConnections:handlers:limits:whenExhausted:onFailure:handler:)``, or a loop over
  /// ``connections``, while another process goes on with the same listening socket.
  ///
  /// A socket has one queue, however many processes have it. So a new version of a server takes over
  /// from the old one, which it has found by a Unix-domain socket, without losing a client:
  ///
  /// 1. The old one passes its listening socket on, and goes on accepting:
  ///
  ///    ```swift
  ///    let copy = try OwnedDescriptor(duplicating: listener)
  ///    try await successor.write(Array("take".utf8), passing: copy)
  ///    ```
  ///
  /// 2. The new one adopts it, accepts from it, and says so. If it dies before, the old one has never
  ///    stopped.
  /// 3. The old one calls this.
  ///
  /// From then on:
  ///
  /// - Nobody is accepted here any more; ``connections`` ends. Unlike with ``drain(grace:)``, the queue and
  ///   the socket's options are left as they are, and so is the file of a Unix-domain path.
  /// - Every connection of this listener knows: ``SocketConnection/isDraining``,
  ///   ``SocketConnection/waitUntilDraining(deadline:)``,
  ///   ``SocketConnection/waitUntilReadableOrDraining(deadline:)``.
  /// - `serve` waits for its handlers until the grace is over, and goes on as in a drain.
  ///
  /// Returns at once. Calling it again with a shorter grace shortens it.
  ///
  /// - Parameter grace: How long handlers may go on; zero or less cancels them at once.
  public func handOver(grace: Duration) { acceptor.handOver(until: .now + grace) }
}

extension Collection {
  /// Ends the `serve` of all listeners, or loops over their connections, while another process goes on with
  /// their sockets.
  ///
  /// As ``SocketListener/handOver(grace:)``, with one grace for all.
  ///
  /// - Parameter grace: How long handlers may go on; zero or less cancels them at once.
  public func handOver<Transport>(grace: Duration) where Element == SocketListener<Transport> {
    let deadline = ContinuousClock.now + grace
    for listener in self { listener.acceptor.handOver(until: deadline) }
  }
}

extension Acceptor {
  /// Closes this process's descriptor of the listening socket, and ends what it has accepted as a drain
  /// does.
  ///
  /// In this order: an accept that finds the queue of a draining listener empty takes that for the end,
  /// and would remove the socket's file.
  ///
  /// - Parameter deadline: When what is still running is to be cancelled.
  func handOver(until deadline: ContinuousClock.Instant) {
    registration.close(.detached)
    drainSignal.raise(deadline: deadline)
  }
}
