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
    self.init(try Stream(adopting: descriptor, as: .tcpConnection, on: reactor))
  }
}

extension SocketConnection where Transport == Unix {
  /// Takes over a descriptor that is connected already.
  ///
  /// As for a ``TCPConnection``.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared
  ///     ones.
  /// - Throws: As for a ``TCPConnection``.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactor: Reactor? = nil) throws {
    self.init(try Stream(adopting: descriptor, as: .unixConnection, on: reactor))
  }
}

extension SocketConnection {
  /// Gives the descriptor away: to another library, or to another process.
  ///
  /// The connection is closed as by ``close()``, yet the socket stays connected, and the peer
  /// notices nothing. Bytes that have arrived and were not read go with it. The descriptor is
  /// close-on-exec and non-blocking.
  ///
  /// Reads and writes of other tasks that wait at this moment fail with
  /// ``SocketError/Code-swift.struct/closed``. One that is being made is not cut short: what it takes or
  /// sends would be missed by the new owner, or get between its bytes. So this is refused then; end such
  /// tasks first, and relays, which hold bytes while they wait. A read that begins meanwhile finds another
  /// one in progress. Options stay as they are, a cork that ``withCork(_:)`` holds too.
  ///
  /// The corresponding C functions are `dup(2)` and `close(2)`.
  ///
  /// - Returns: The descriptor.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``,
  ///   ``SocketError/Code-swift.struct/invalidArgument`` if bytes that an earlier read has left
  ///   wait in the connection: read them first; the error that has ended the connection, if a call was told of
  ///   it, since the kernel would not tell the new owner;
  ///   ``SocketError/Code-swift.struct/concurrentRead`` if another task is in the midst of a read, and
  ///   ``SocketError/Code-swift.struct/other`` with `EBUSY` of a write. The connection is then as it was.
  public func detach() throws -> OwnedDescriptor { try stream.detach() }
}
