extension DatagramSocket where Transport == UDP {
  /// Makes a socket and names it: it receives from anyone, and sends to anyone.
  ///
  /// The socket is close-on-exec and non-blocking, and `IPV6_V6ONLY` is set explicitly, so that it does not
  /// depend on the machine's configuration. Errors that the network reports about a datagram it
  /// has sent are not told (`IP_RECVERR` stays off): they name no datagram, and one vanished client must
  /// not disturb the others. It receives only the multicast groups that it has joined itself, not, as
  /// Linux would have it, those that any program of the machine has joined (`IP_MULTICAST_ALL` off).
  ///
  /// It never waits: cancelling the task changes nothing.
  ///
  /// The corresponding C functions are `socket(2)`, `setsockopt(2)`, `bind(2)` and `getsockname(2)`.
  ///
  /// - Parameters:
  ///   - address: Where to receive. Port 0 lets the kernel choose: see `localAddress`. The IPv6
  ///     wildcard, `SocketAddress.any(port:)`, receives from both families, and sends to both.
  ///   - reusesAddress: Whether to set `SO_REUSEADDR`: sockets that all do may share the port. Each of them
  ///     gets every multicast datagram, but a unicast one goes to the last that was bound.
  ///   - reusesPort: Whether to set `SO_REUSEPORT`: sockets that all do share the port, and the kernel
  ///     spreads the senders over them.
  ///   - isDualStack: Whether the IPv6 wildcard also stands for IPv4; without meaning for other addresses.
  ///   - coalesces: Whether to set `UDP_GRO`: the kernel may hand over up to 64 datagrams of equal length
  ///     from one sender at once. For ``receiveBatch(into:deadline:)``, which splits them; single
  ///     receives become slower.
  ///   - reactor: The reactor that is to watch the socket; `nil` for the next of the shared ones.
  ///   - configure: Sets further options of the socket that is about to be bound to the address.
  /// - Returns: The socket.
  /// - Throws: ``SocketError`` that names the address: ``SocketError/Code-swift.struct/addressInUse``,
  ///   ``SocketError/Code-swift.struct/addressNotAvailable``,
  ///   ``SocketError/Code-swift.struct/permissionDenied``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``; or the error of `configure`.
  public static func bind(
    to address: SocketAddress,
    reusesAddress: Bool = false,
    reusesPort: Bool = false,
    isDualStack: Bool = true,
    coalesces: Bool = false,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<UDP>, SocketAddress) throws -> Void = { _, _ in }
  ) async throws -> UDPSocket {
    try make(from: address, coalesces, on: reactor, configure) { (socket) throws(Errno) in
      if address.isIPv6 {
        try socket.set(.v6Only, to: address.isIPv6Only(isDualStack))
      }
      if reusesAddress { try socket.set(.reuseAddress, to: true) }
      if reusesPort { try socket.set(.reusePort, to: true) }
    }
  }

  /// Makes a socket with one peer: it sends there, and receives from there only.
  ///
  /// Nothing is sent, and cancelling the task changes nothing: this returns at once, whether or not the peer
  /// exists. If nothing listens there, what is sent is refused, and a later ``receive(upTo:deadline:)`` throws
  /// ``SocketError/Code-swift.struct/connectionRefused``, once; the socket goes on, and works when the peer
  /// appears. Otherwise as
  /// ``bind(to:reusesAddress:reusesPort:isDualStack:coalesces:on:configure:)``.
  ///
  /// The corresponding C functions are `socket(2)`, `setsockopt(2)`, `bind(2)`, `connect(2)` and
  /// `getsockname(2)`.
  ///
  /// - Parameters:
  ///   - address: The peer's address.
  ///   - localAddress: The address to send from; `nil` lets the kernel choose, and so does its port 0 for
  ///     the port.
  ///   - coalesces: Whether to set `UDP_GRO`.
  ///   - reactor: The reactor that is to watch the socket; `nil` for the next of the shared ones.
  ///   - configure: Sets further options of the socket that is about to be connected to the address.
  /// - Returns: The socket.
  /// - Throws: ``SocketError`` that names the address: ``SocketError/Code-swift.struct/hostUnreachable``,
  ///   ``SocketError/Code-swift.struct/networkUnreachable``,
  ///   ``SocketError/Code-swift.struct/addressNotAvailable``,
  ///   ``SocketError/Code-swift.struct/permissionDenied`` (a broadcast address: `configure` has to set
  ///   ``SocketOption/broadcast``),
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``; or the error of `configure`.
  public static func connect(
    to address: SocketAddress,
    from localAddress: SocketAddress? = nil,
    coalesces: Bool = false,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<UDP>, SocketAddress) throws -> Void = { _, _ in }
  ) async throws -> UDPSocket {
    try make(from: localAddress, to: address, coalesces, on: reactor, configure) {
      (socket) throws(Errno) in
      if address.isIPv6 { try socket.set(.v6Only, to: address.unmapped.isIPv6) }
    }
  }

  /// Makes a socket, sets its options, binds it, connects it, and registers it.
  ///
  /// - Parameters:
  ///   - localAddress: What to bind it to; `nil` for nothing.
  ///   - remoteAddress: What to connect it to; `nil` for nothing.
  ///   - coalesces: Whether the kernel may hand over several datagrams at once.
  ///   - reactor: The reactor that is to watch it; `nil` for the next of the shared ones.
  ///   - configure: The caller's further options.
  ///   - setOptions: Sets the options that not all UDP sockets have.
  /// - Returns: The socket.
  /// - Throws: What users see.
  private static func make(
    from localAddress: SocketAddress?,
    to remoteAddress: SocketAddress? = nil,
    _ coalesces: Bool,
    on reactor: Reactor?,
    _ configure: (borrowing UnconnectedSocket<UDP>, SocketAddress) throws -> Void,
    _ setOptions: (Socket) throws(Errno) -> Void
  ) throws -> UDPSocket {
    let reactor = try reactor ?? Reactor.nextShared()
    let address = remoteAddress ?? localAddress ?? .anyIPv4(port: 0)
    var operation = SocketError.Operation.socket
    var refusal: (any Error)?
    do throws(OperationFailure) {
      let descriptor = try failing { () throws(Errno) in
        let descriptor = try Socket.make(
          family: address.family,
          type: Socket.datagramType,
          kernel: reactor.loop.kernel
        )
        let socket = descriptor.socket
        operation = .option
        try socket.setDatagramDefaults(isIPv6: address.isIPv6)
        if coalesces { try socket.set(.receiveOffload, to: true) }
        try setOptions(socket)
        try UnconnectedSocket.configure(socket, address, configure, &refusal)
        operation = .bind
        if let localAddress { try socket.bind(to: KernelAddress(localAddress)) }
        operation = .connect
        if let remoteAddress { _ = try socket.connect(to: KernelAddress(remoteAddress)) }
        return descriptor
      }
      let socket = descriptor.socket
      let name = try failing { () throws(Errno) in try socket.localAddress() }
      operation = .reactor
      let identity = SocketIdentity(
        .udpSocket,
        remoteAddress == nil ? .bound : .connected,
        local: .ip(name.socketAddress ?? localAddress ?? .anyIPv4(port: 0)),
        remote: remoteAddress.map(SocketName.ip)
      )
      return UDPSocket(
        DatagramPort(
          reactor: reactor,
          registration: try reactor.loop.register(descriptor, as: identity, initial: .untried),
          coalesces: coalesces
        )
      )
    } catch {
      throw refusal
        ?? error.error(operation, localAddress: localAddress, remoteAddress: remoteAddress)
    }
  }
}
