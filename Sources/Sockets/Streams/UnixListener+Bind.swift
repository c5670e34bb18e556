extension SocketListener where Transport == Unix {
  /// Makes a Unix-domain stream socket, names it, and starts to listen.
  ///
  /// When this returns, clients can connect. The socket is close-on-exec and non-blocking. The file of a
  /// path is removed when the listener is closed, if it is still this listener's own; it stays if the
  /// process ends without a close, or the reactor is stopped first. It waits only with
  /// ``ExistingPath/replaceStale``; if cancelled then, nothing is bound.
  ///
  /// The corresponding C functions are `socket(2)`, `fchmod(2)`, `bind(2)`, `listen(2)` and
  /// `getsockname(2)`.
  ///
  /// - Parameters:
  ///   - address: Where to listen. ``UnixAddress/unnamed`` lets the kernel choose an abstract name: see
  ///     `localAddress`.
  ///   - existing: What to do when something has the path already.
  ///   - mode: The permissions of the path's file, such as `0o600`; a client must be allowed to write.
  ///     `nil` for `0o777`. The process's umask takes its part away, and is not changed. The file has
  ///     them from the start. An abstract name has no permissions: look at
  ///     ``SocketConnection/peerCredentials``.
  ///   - backlog: How many clients the kernel queues that nobody has accepted yet; `nil` for as many as
  ///     it is configured to allow (`net.core.somaxconn`).
  ///   - reactors: The reactors that accepted connections are given to in turn; the first one watches
  ///     the listener. `nil` for the shared ones, one per processor.
  ///   - configure: Sets options of the socket that is about to be bound to the address.
  /// - Returns: The listener.
  /// - Throws: ``SocketError`` that names the address: ``SocketError/Code-swift.struct/addressInUse``,
  ///   ``SocketError/Code-swift.struct/fileNotFound`` (no such directory),
  ///   ``SocketError/Code-swift.struct/permissionDenied``,
  ///   ``SocketError/Code-swift.struct/invalidArgument`` (permissions that there are not),
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``; with ``ExistingPath/replaceStale`` also
  ///   ``SocketError/Code-swift.struct/timedOut`` if another program keeps the directory locked for five
  ///   seconds, and `CancellationError`; or the error of `configure`.
  public nonisolated(nonsending) static func bind(
    to address: UnixAddress,
    existing: ExistingPath = .fail,
    mode: UInt16? = nil,
    backlog: Int? = nil,
    on reactors: [Reactor]? = nil,
    configure: (borrowing UnconnectedSocket<Unix>, UnixAddress) throws -> Void = { _, _ in }
  ) async throws -> UnixListener {
    UnixListener(
      try await Acceptor.bind(
        .stream,
        to: address,
        existing: existing,
        mode: mode,
        backlog: backlog,
        on: reactors,
        configure: configure
      )
    )
  }

  /// The address that the listener is bound to.
  ///
  /// Stays known after the close.
  public var localAddress: UnixAddress { acceptor.localName.unixAddress }
}
