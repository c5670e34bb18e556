internal import Synchronization

extension SocketConnection where Transport == TCP {
  /// Takes over a descriptor that is connected already.
  ///
  /// It becomes close-on-exec and non-blocking, and keeps its other flags and its options.
  /// Non-blocking is a property of the socket itself, which other processes that share it notice.
  /// The connection owns the descriptor; if this throws, it is closed.
  ///
  /// The corresponding C functions are `getsockopt(2)` with `SO_DOMAIN`, `SO_TYPE`, `SO_PROTOCOL`
  /// and `SO_ACCEPTCONN`, `getsockname(2)`, `getpeername(2)` and `fcntl(2)`.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared
  ///     ones.
  /// - Throws: ``SocketError`` with the operation ``SocketError/Operation-swift.struct/adopt``:
  ///   ``SocketError/Code-swift.struct/invalidArgument`` whose ``SocketError/detail`` says what the
  ///   descriptor is instead, ``SocketError/Code-swift.struct/notConnected``,
  ///   ``SocketError/Code-swift.struct/other`` with `EBADF` or `ENOTSOCK`.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactor: Reactor? = nil) throws {
    let reactor = try reactor ?? Reactor.nextShared()
    let adoption = Adoption(expected: "a connected TCP socket", isKind: \.isTCP, listens: false)
    let (registration, ends) = try adoption.register(descriptor, with: reactor.loop) {
      (socket) throws(Errno) in
      (SocketName(try socket.localAddress()), SocketName(try socket.remoteAddress()))
    }
    self.init(
      Stream(
        reactor: reactor,
        registration: registration,
        localName: ends.0 ?? .ip(.anyIPv4(port: 0)),
        remoteName: ends.1 ?? .ip(.anyIPv4(port: 0))
      )
    )
  }
}

extension SocketConnection {
  /// Gives the descriptor away: to another library, or to another process.
  ///
  /// The connection is closed as by ``close()``, yet the socket stays connected, and the peer
  /// notices nothing. Bytes that have arrived and were not read go with it. The descriptor is
  /// close-on-exec and non-blocking.
  ///
  /// The corresponding C functions are `dup(2)` and `close(2)`.
  ///
  /// - Returns: The descriptor.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``,
  ///   ``SocketError/Code-swift.struct/invalidArgument`` if bytes that an earlier read has left
  ///   wait in the connection: read them first. The connection is then as it was.
  public func detach() throws -> OwnedDescriptor {
    if stream.hasBuffer.load(ordering: .relaxed) {
      throw SocketError(
        .invalidArgument,
        operation: .descriptor,
        localAddress: stream.localName.address,
        remoteAddress: stream.remoteName.address,
        detail: "bytes that an earlier read has left wait to be read"
      )
    }
    do throws(OperationFailure) {
      return try stream.registration.detach()
    } catch {
      throw stream.error(error, .descriptor)
    }
  }
}
