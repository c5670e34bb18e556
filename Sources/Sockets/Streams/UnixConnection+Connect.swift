extension SocketConnection where Transport == Unix {
  /// Connects to a Unix-domain address.
  ///
  /// Returns at once, unless the listener's queue is full: then it tries again, after one millisecond
  /// that doubles up to 50. If cancelled, or out of time, no descriptor remains.
  ///
  /// The corresponding C functions are `socket(2)` and `connect(2)`.
  ///
  /// - Parameters:
  ///   - address: The address of the server.
  ///   - deadline: When to give up; `nil` for never.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: Sets options of the socket that is about to connect to the address.
  /// - Returns: The connection.
  /// - Throws: `CancellationError`, or ``SocketError`` that names the address:
  ///   ``SocketError/Code-swift.struct/fileNotFound``,
  ///   ``SocketError/Code-swift.struct/connectionRefused`` (nobody listens, or the file is no socket),
  ///   ``SocketError/Code-swift.struct/permissionDenied``, ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/invalidAddress`` (unnamed),
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``, ``SocketError/Code-swift.struct/other`` with
  ///   `EPROTOTYPE` if the server's socket is of another kind; or the error of `configure`.
  public nonisolated(nonsending) static func connect(
    to address: UnixAddress,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<Unix>, UnixAddress) throws -> Void = { _, _ in }
  ) async throws -> UnixConnection {
    UnixConnection(
      try await Stream.connect(
        .stream,
        to: address,
        deadline: deadline,
        on: reactor,
        configure: configure
      )
    )
  }

  /// Connects to a Unix-domain address for the time of a scope.
  ///
  /// The connection is closed when the body returns or throws. Otherwise as
  /// ``connect(to:deadline:on:configure:)``.
  ///
  /// - Parameters:
  ///   - address: The address of the server.
  ///   - deadline: When to give up connecting; it does not apply to the body.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: Sets options of the socket that is about to connect to the address.
  ///   - body: What to do with the connection.
  /// - Returns: The body's result.
  /// - Throws: As ``connect(to:deadline:on:configure:)``, or the body's error.
  @inlinable
  public nonisolated(nonsending) static func connect<Result>(
    to address: UnixAddress,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<Unix>, UnixAddress) throws -> Void = { _, _ in },
    body: nonisolated(nonsending) (UnixConnection) async throws -> Result
  ) async throws -> Result {
    let connection = try await connect(
      to: address,
      deadline: deadline,
      on: reactor,
      configure: configure
    )
    defer { connection.close() }
    return try await body(connection)
  }

  /// Two connections that are connected to each other, without a name and a listener.
  ///
  /// The corresponding C function is `socketpair(2)`.
  ///
  /// - Parameter reactor: The reactor of both; `nil` for the next of the shared ones.
  /// - Returns: Both ends.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  public static func pair(on reactor: Reactor? = nil) throws -> (UnixConnection, UnixConnection) {
    let (first, second) = try Stream.pair(.stream, on: reactor)
    return (UnixConnection(first), UnixConnection(second))
  }

  /// This end's address: that of the listener, or ``UnixAddress/unnamed`` at a client's end.
  ///
  /// Stays known after the close.
  public var localAddress: UnixAddress { stream.localName.unixAddress }

  /// The peer's address: ``UnixAddress/unnamed`` for most clients.
  ///
  /// Stays known after the close.
  public var remoteAddress: UnixAddress { stream.remoteName.unixAddress }

  /// The process at the other end, as the kernel vouches for it.
  ///
  /// The corresponding C function is `getsockopt(2)` with `SO_PEERCRED`.
  ///
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``.
  public var peerCredentials: PeerCredentials {
    get throws { try stream.peerCredentials() }
  }
}
