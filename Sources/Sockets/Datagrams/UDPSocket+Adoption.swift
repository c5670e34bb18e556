internal import Synchronization

extension DatagramSocket where Transport == UDP {
  /// Takes over a descriptor that another library has opened, or that was inherited (see
  /// ``SocketActivation``): bound, and connected or not.
  ///
  /// It becomes close-on-exec and non-blocking, and keeps its other flags. Non-blocking is a
  /// property of the socket itself, which other processes that share it notice. It keeps its options,
  /// except those that tell of each datagram's metadata, which are turned on, and the reception of
  /// groups that others have joined, which is turned off: see
  /// ``bind(to:reusesAddress:reusesPort:isDualStack:broadcasts:coalesces:on:)``. The socket
  /// owns the descriptor; if this throws, it is closed.
  ///
  /// The corresponding C functions are `getsockopt(2)` with `SO_DOMAIN`, `SO_TYPE` and
  /// `SO_PROTOCOL`, `getsockname(2)`, `getpeername(2)` and `fcntl(2)`.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactor: The reactor that is to watch the socket; `nil` for the next of the shared ones.
  /// - Throws: ``SocketError`` with the operation ``SocketError/Operation-swift.struct/adopt``:
  ///   ``SocketError/Code-swift.struct/invalidArgument`` whose ``SocketError/detail`` says what the
  ///   descriptor is instead, ``SocketError/Code-swift.struct/other`` with `EBADF` or `ENOTSOCK`.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactor: Reactor? = nil) throws {
    let reactor = try reactor ?? Reactor.nextShared()
    let adoption = Adoption(expected: "a UDP socket", isKind: \.isUDP, listens: false)
    let (registration, found) = try adoption.register(descriptor, with: reactor.loop) {
      (socket) throws(Errno) in
      try socket.setDatagramDefaults(isIPv6: try socket.kind().isIPv6)
      return (
        local: try socket.localAddress().socketAddress,
        remote: try? socket.remoteAddress().socketAddress,
        coalesces: try socket.option(.receiveOffload) != 0
      )
    }
    self.init(
      DatagramPort(
        reactor: reactor,
        registration: registration,
        localAddress: found.local ?? .anyIPv4(port: 0),
        remoteAddress: found.remote,
        coalesces: found.coalesces
      )
    )
  }

  /// Gives the descriptor away: to another library, or to another process.
  ///
  /// The socket is closed as by ``close()``, yet stays bound under its new owner. Datagrams that
  /// have arrived go with it. The descriptor is close-on-exec and non-blocking.
  ///
  /// The corresponding C functions are `dup(2)` and `close(2)`.
  ///
  /// - Returns: The descriptor.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``,
  ///   ``SocketError/Code-swift.struct/invalidArgument`` if datagrams of a piece that was received
  ///   wait in the socket (with `coalesces`): receive them first. The socket is then as it was.
  public func detach() throws -> OwnedDescriptor {
    if port.hasRest.load(ordering: .relaxed) {
      throw SocketError(
        .invalidArgument,
        operation: .descriptor,
        localAddress: port.localAddress,
        remoteAddress: port.remoteAddress,
        detail: "datagrams of a piece that was received wait in the socket"
      )
    }
    do throws(OperationFailure) {
      return try port.registration.detach()
    } catch {
      throw error.error(
        .descriptor,
        localAddress: port.localAddress,
        remoteAddress: port.remoteAddress
      )
    }
  }
}
