extension DatagramSocket where Transport == UnixDatagram {
  /// Makes a Unix-domain datagram socket and names it: it receives from anyone, and sends to anyone.
  ///
  /// The socket is close-on-exec and non-blocking. The file of a path is removed when the socket is closed, if
  /// it is still this socket's own; it stays if the process ends without a close, or the reactor is
  /// stopped first.
  ///
  /// The corresponding C functions are `socket(2)`, `fchmod(2)`, `bind(2)` and `getsockname(2)`.
  ///
  /// - Parameters:
  ///   - address: Where to receive. ``UnixAddress/unnamed`` lets the kernel choose an abstract name: see
  ///     `localAddress`.
  ///   - existing: What to do when something has the path already.
  ///   - mode: The permissions of the path's file, such as `0o600`; a sender must be allowed to write. `nil`
  ///     for `0o777`. The process's umask takes its part away, and is not changed. The file has them from
  ///     the start. An abstract name has no permissions: look at ``Datagram/credentials``.
  ///   - reactor: The reactor that is to watch the socket; `nil` for the next of the shared ones.
  ///   - configure: Sets further options of the socket that is about to be bound to the address.
  /// - Returns: The socket.
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
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<UnixDatagram>, UnixAddress) throws -> Void = { _, _ in }
  ) async throws -> UnixDatagramSocket {
    let binding = try UnixBinding(address, existing: existing, mode: mode)
    return try await make(from: binding, on: reactor, configure)
  }

  /// Makes a Unix-domain datagram socket with one peer: it sends there, and receives from there only.
  ///
  /// The peer's socket must exist, and nothing is sent. When the peer has closed its socket, a send throws
  /// ``SocketError/Code-swift.struct/connectionRefused``, and every later one
  /// ``SocketError/Code-swift.struct/notConnected``, also if somebody else has the address by then:
  /// connect a new socket. A receive is not told: datagrams have no end.
  ///
  /// The corresponding C functions are `socket(2)`, `fchmod(2)`, `bind(2)`, `connect(2)` and
  /// `getsockname(2)`.
  ///
  /// - Parameters:
  ///   - address: The peer's address.
  ///   - localAddress: The address to send from, for the peer to answer to; with
  ///     ``UnixAddress/unnamed`` an abstract name of the kernel's choice. `nil` for none at all: nobody
  ///     can answer then.
  ///   - existing: What to do when something has the path to send from already.
  ///   - mode: The permissions of that path's file, as in
  ///     ``bind(to:existing:mode:on:configure:)``.
  ///   - reactor: The reactor that is to watch the socket; `nil` for the next of the shared ones.
  ///   - configure: Sets further options of the socket that is about to be connected to the address.
  /// - Returns: The socket.
  /// - Throws: ``SocketError`` that names the addresses: ``SocketError/Code-swift.struct/fileNotFound``,
  ///   ``SocketError/Code-swift.struct/connectionRefused`` (nobody has the address, or the file is no
  ///   socket), ``SocketError/Code-swift.struct/permissionDenied`` (also if the peer is connected to
  ///   somebody else), ``SocketError/Code-swift.struct/invalidAddress`` (unnamed),
  ///   ``SocketError/Code-swift.struct/other`` with `EPROTOTYPE` if the peer's socket is of another kind; as
  ///   ``bind(to:existing:mode:on:configure:)`` for the address to send from; or the error of
  ///   `configure`.
  public nonisolated(nonsending) static func connect(
    to address: UnixAddress,
    from localAddress: UnixAddress? = nil,
    existing: ExistingPath = .fail,
    mode: UInt16? = nil,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<UnixDatagram>, UnixAddress) throws -> Void = { _, _ in }
  ) async throws -> UnixDatagramSocket {
    try address.checkDestination(of: .connect)
    var binding: UnixBinding?
    if let localAddress {
      binding = try UnixBinding(localAddress, existing: existing, mode: mode)
    }
    return try await make(from: binding, to: address, on: reactor, configure)
  }

  /// Two sockets that are connected to each other, without a name.
  ///
  /// The corresponding C function is `socketpair(2)`.
  ///
  /// - Parameter reactor: The reactor of both; `nil` for the next of the shared ones.
  /// - Returns: Both ends.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  public static func pair(
    on reactor: Reactor? = nil
  ) throws -> (UnixDatagramSocket, UnixDatagramSocket) {
    let reactor = try reactor ?? Reactor.nextShared()
    func end(_ registration: Registration) -> UnixDatagramSocket {
      UnixDatagramSocket(DatagramPort(reactor: reactor, registration: registration))
    }
    do throws(OperationFailure) {
      let (first, second) = try reactor.loop.registerPair(.datagram)
      return (end(first), end(second))
    } catch {
      throw error.error(.socket)
    }
  }

  /// Makes a socket, names it, connects it, and registers it.
  ///
  /// - Parameters:
  ///   - binding: How it is named; `nil` for not at all.
  ///   - peer: What to connect it to; `nil` for nothing.
  ///   - reactor: The reactor that is to watch it; `nil` for the next of the shared ones.
  ///   - configure: The caller's options.
  /// - Returns: The socket.
  /// - Throws: What users see.
  private nonisolated(nonsending) static func make(
    from binding: UnixBinding?,
    to peer: UnixAddress? = nil,
    on reactor: Reactor?,
    _ configure: (borrowing UnconnectedSocket<UnixDatagram>, UnixAddress) throws -> Void
  ) async throws -> UnixDatagramSocket {
    let reactor = try reactor ?? Reactor.nextShared()
    let loop = reactor.loop
    let address = peer ?? binding?.address ?? .unnamed
    var operation = SocketError.Operation.socket
    var file: SocketFile?
    var refusal: (any Error)?
    do throws(OperationFailure) {
      let descriptor = try failing { () throws(Errno) in
        try Socket.makeUnix(.datagram, kernel: loop.kernel)
      }
      let socket = descriptor.socket
      operation = .bind
      try failing { () throws(Errno) in
        try binding?.setMode(of: socket)
        try UnconnectedSocket.configure(socket, address, configure, &refusal)
      }
      if let binding { file = try await binding.bind(socket, on: loop) }
      operation = .connect
      let name = try failing { () throws(Errno) in
        if let peer { _ = try socket.connectUnix(to: KernelAddress(peer)) }
        return try socket.localAddress().unixAddress
      }
      operation = .reactor
      let identity = SocketIdentity(
        .unixDatagramSocket,
        peer == nil ? .bound : .connected,
        local: .unix(name ?? binding?.address ?? .unnamed),
        remote: peer.map(SocketName.unix)
      )
      return UnixDatagramSocket(
        DatagramPort(
          reactor: reactor,
          registration: try loop.register(descriptor, as: identity, initial: .untried),
          file: file
        )
      )
    } catch {
      file?.remove(kernel: loop.kernel)
      throw refusal
        ?? error.error(operation, localAddress: binding?.address, remoteAddress: peer)
    }
  }
}
