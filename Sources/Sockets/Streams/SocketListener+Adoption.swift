extension SocketListener where Transport == TCP {
  /// Takes over a descriptor that listens already: one that another library has opened, or that was
  /// inherited (see ``SocketActivation``).
  ///
  /// It becomes close-on-exec and non-blocking, and keeps its other flags and its options.
  /// Non-blocking is a property of the socket itself, which other processes that share it notice.
  /// The listener owns the descriptor; if this throws, it is closed.
  ///
  /// The corresponding C functions are `getsockopt(2)` with `SO_DOMAIN`, `SO_TYPE`, `SO_PROTOCOL`
  /// and `SO_ACCEPTCONN`, `getsockname(2)` and `fcntl(2)`.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactors: The reactors that accepted connections are given to in turn; the first one
  ///     watches the listener. `nil` for the shared ones, one per processor.
  /// - Throws: ``SocketError`` with the operation ``SocketError/Operation-swift.struct/adopt``:
  ///   ``SocketError/Code-swift.struct/invalidArgument`` whose ``SocketError/detail`` says what the
  ///   descriptor is instead, ``SocketError/Code-swift.struct/other`` with `EBADF` or `ENOTSOCK`.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactors: [Reactor]? = nil) throws
  {
    self.init(try Acceptor(adopting: descriptor, as: .tcpListener, on: reactors))
  }
}

extension SocketListener where Transport == Unix {
  /// Takes over a descriptor that listens already: one that another library has opened, or that was
  /// inherited (see ``SocketActivation``).
  ///
  /// The file of a path stays when the listener is closed: it belongs to whoever has bound it. Otherwise as
  /// for a ``TCPListener``.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactors: The reactors that accepted connections are given to in turn; the first one
  ///     watches the listener. `nil` for the shared ones, one per processor.
  /// - Throws: As for a ``TCPListener``.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactors: [Reactor]? = nil) throws
  {
    self.init(try Acceptor(adopting: descriptor, as: .unixListener, on: reactors))
  }
}

extension SocketListener {
  /// Gives the descriptor away: to another library, or to another process.
  ///
  /// The listener is closed as by ``close()``, yet the socket goes on listening: no queued client
  /// is lost, and the file of a path stays. The descriptor is close-on-exec and non-blocking.
  ///
  /// The corresponding C functions are `dup(2)` and `close(2)`.
  ///
  /// - Returns: The descriptor.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``; the listener is then as it was.
  public func detach() throws -> OwnedDescriptor { try acceptor.detach() }
}
