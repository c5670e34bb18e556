internal import Synchronization

extension DatagramSocket: SocketHandle {
  /// Lends the descriptor to the library itself.
  public func _lend<Result>(
    _ body: (borrowing _SocketDescriptor) throws -> Result
  ) throws -> Result {
    try port.registration.lend(
      localAddress: port.localName.address,
      remoteAddress: port.remoteName?.address,
      body
    )
  }
}

extension DatagramSocket {
  /// That a receive would not suspend: there is a datagram, or an error.
  ///
  /// For ``firstReady(of:deadline:on:)``.
  public var readable: Readiness {
    Readiness(port.registration, .readable) { [weak port] in
      port.map { $0.hasRest.load(ordering: .relaxed) || $0.hasNetworkError } ?? false
    }
  }

  /// That a send would not suspend.
  ///
  /// For ``firstReady(of:deadline:on:)``. Of a Unix-domain socket it says so about the peer of a connected
  /// one only: whether another receiver has room, the kernel does not tell.
  public var writable: Readiness { Readiness(port.registration, .writable) }
}
