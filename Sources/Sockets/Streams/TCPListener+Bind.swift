extension SocketListener where Transport == TCP {
  /// Makes a socket, names it, and starts to listen.
  ///
  /// When this returns, clients can connect. It never waits: cancelling the task changes nothing. The socket
  /// is close-on-exec and non-blocking, and has these options, which accepted connections inherit:
  ///
  /// - `TCP_NODELAY`, since a small write is meant to leave at once (what is to leave together can be
  ///   written together).
  /// - `TCP_NOTSENT_LOWAT` of 16 KiB, so that a write suspends while that much waits in the kernel, and
  ///   what is written last does not queue behind seconds of older data.
  /// - `IPV6_V6ONLY` explicitly, so that it does not depend on the machine's configuration.
  ///
  /// The corresponding C functions are `socket(2)`, `setsockopt(2)`, `bind(2)`, `listen(2)` and
  /// `getsockname(2)`.
  ///
  /// - Parameters:
  ///   - address: Where to listen. Port 0 lets the kernel choose: see `localAddress`. The IPv6
  ///     wildcard, `SocketAddress.any(port:)`, listens on both families.
  ///   - backlog: How many clients the kernel queues that nobody has accepted yet; `nil` for as many as
  ///     it is configured to allow (`net.core.somaxconn`).
  ///   - reusesAddress: Whether to set `SO_REUSEADDR`: the port can be bound again while connections of
  ///     an earlier listener are still in their closing states. It does not let two listeners share it.
  ///   - reusesPort: Whether to set `SO_REUSEPORT`: several listeners share the port, and the kernel
  ///     spreads the clients over them. When one of them is closed, clients in its queue are reset.
  ///   - isDualStack: Whether the IPv6 wildcard also takes IPv4 clients; without meaning for other
  ///     addresses.
  ///   - isMultipath: Whether to listen for multipath TCP (RFC 8684) as well as for plain TCP; see
  ///     ``ReadOnlySocketOption/isMultipath``.
  ///   - reactors: The reactors that accepted connections are given to in turn; the first one
  ///     watches the listener. `nil` for the shared ones, one per processor.
  ///   - configure: Sets further options of the socket that is about to be bound to the address.
  /// - Returns: The listener.
  /// - Throws: ``SocketError`` that names the address: ``SocketError/Code-swift.struct/addressInUse``,
  ///   ``SocketError/Code-swift.struct/addressNotAvailable``,
  ///   ``SocketError/Code-swift.struct/permissionDenied``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``; or the error of `configure`.
  public static func bind(
    to address: SocketAddress,
    backlog: Int? = nil,
    reusesAddress: Bool = true,
    reusesPort: Bool = false,
    isDualStack: Bool = true,
    isMultipath: Bool = false,
    on reactors: [Reactor]? = nil,
    configure: (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void = { _, _ in }
  ) async throws -> TCPListener {
    let reactors = try reactors ?? Reactor.sharedReactors()
    precondition(!reactors.isEmpty, "a listener needs a reactor")
    var operation = SocketError.Operation.socket
    var refusal: (any Error)?
    do throws(OperationFailure) {
      let descriptor = try failing { () throws(Errno) in
        let descriptor = try Socket.make(
          family: address.family,
          transport: isMultipath ? Socket.multipathTCP : 0,
          kernel: reactors[0].loop.kernel
        )
        let socket = descriptor.socket
        operation = .option
        if address.isIPv6 {
          try socket.set(.v6Only, to: address.isIPv6Only(isDualStack))
        }
        if reusesAddress { try socket.set(.reuseAddress, to: true) }
        if reusesPort { try socket.set(.reusePort, to: true) }
        try socket.setStreamDefaults()
        try UnconnectedSocket.configure(socket, address, configure, &refusal)
        operation = .bind
        try socket.bind(to: KernelAddress(address))
        operation = .listen
        try socket.listen(backlog: Int32(clamping: backlog ?? .max))
        return descriptor
      }
      let name = try failing { () throws(Errno) in try descriptor.socket.localAddress() }
      operation = .reactor
      let acceptor = Acceptor(
        registration: try reactors[0].loop.register(
          descriptor,
          as: SocketIdentity(.tcpListener, .bound, local: .ip(name.socketAddress ?? address)),
          initial: .untried
        ),
        reactors: reactors
      )
      return TCPListener(acceptor)
    } catch {
      throw refusal ?? error.error(operation, localAddress: address)
    }
  }
}
