internal import Synchronization

extension DatagramSocket where Transport == UDP {
  /// Takes over a descriptor that another library has opened, or that was inherited (see
  /// ``SocketActivation``): bound, and connected or not.
  ///
  /// It becomes close-on-exec and non-blocking, and keeps its other flags. Non-blocking is a
  /// property of the socket itself, which other processes that share it notice. It keeps its options,
  /// except those that tell of each datagram's metadata, which are turned on, and the reception of
  /// groups that others have joined, which is turned off: see
  /// ``bind(to:reusesAddress:reusesPort:isDualStack:coalesces:on:configure:)``.
  /// The socket owns the descriptor; if this throws, it is closed.
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
    self.init(
      try DatagramPort(adopting: descriptor, as: .udpSocket, on: reactor) {
        (socket) throws(Errno) in
        try socket.setDatagramDefaults(isIPv6: try socket.kind().isIPv6)
        return try socket.option(.receiveOffload) != 0
      }
    )
  }
}

extension DatagramSocket where Transport == UnixDatagram {
  /// Takes over a descriptor that another library has opened, or that was inherited (see
  /// ``SocketActivation``): bound or not, and connected or not.
  ///
  /// The file of a path stays when the socket is closed: it belongs to whoever has bound it. Otherwise as for
  /// a ``UDPSocket``, yet all options stay as they are.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactor: The reactor that is to watch the socket; `nil` for the next of the shared ones.
  /// - Throws: As for a ``UDPSocket``.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactor: Reactor? = nil) throws {
    self.init(
      try DatagramPort(adopting: descriptor, as: .unixDatagramSocket, on: reactor) { _ in false }
    )
  }
}

extension DatagramSocket {
  /// Gives the descriptor away: to another library, or to another process.
  ///
  /// The socket is closed as by ``close()``, yet stays bound under its new owner, and the file of a path
  /// stays. Datagrams that have arrived go with it. The descriptor is close-on-exec and non-blocking.
  ///
  /// The corresponding C functions are `dup(2)` and `close(2)`.
  ///
  /// - Returns: The descriptor.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``,
  ///   ``SocketError/Code-swift.struct/invalidArgument`` if datagrams of a piece that was received
  ///   wait in the socket (with `coalesces`): receive them first; in the midst of another task's call as
  ///   ``SocketConnection/detach()``. The socket is then as it was.
  public func detach() throws -> OwnedDescriptor { try port.detach() }
}

extension DatagramPort {
  /// Takes over a datagram socket.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor.
  ///   - kind: What it is to be.
  ///   - reactor: The reactor that is to watch it; `nil` for the next of the shared ones.
  ///   - prepare: Sets its options, and says whether it coalesces.
  /// - Throws: What users see; the descriptor is then closed.
  fileprivate convenience init(
    adopting descriptor: consuming OwnedDescriptor,
    as kind: Adoption,
    on reactor: Reactor?,
    prepare: (Socket) throws(Errno) -> Bool
  ) throws {
    let reactor = try reactor ?? Reactor.nextShared()
    var coalesces = false
    let registration = try kind.register(descriptor, with: reactor.loop) {
      (socket) throws(Errno) in
      let ends = (local: try socket.localAddress(), remote: try? socket.remoteAddress())
      coalesces = try prepare(socket)
      return ends
    }
    self.init(reactor: reactor, registration: registration, coalesces: coalesces)
  }

  /// Gives the socket away.
  ///
  /// - Throws: What users see; the socket is then as it was.
  fileprivate func detach() throws -> OwnedDescriptor {
    do {
      return try registration.withoutCalls {
        if hasRest.load(ordering: .relaxed) {
          throw SocketError(
            .invalidArgument,
            operation: .descriptor,
            localAddress: localName.address,
            remoteAddress: remoteName?.address,
            detail: "datagrams of a piece that was received wait in the socket"
          )
        }
        return try registration.detach()
      }
    } catch let failure as OperationFailure {
      throw self.error(failure, .descriptor)
    }
  }
}
