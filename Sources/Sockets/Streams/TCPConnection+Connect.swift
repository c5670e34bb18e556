extension SocketConnection where Transport == TCP {
  /// Connects to an address.
  ///
  /// Suspends until the connection is established. If cancelled, or out of time, no descriptor
  /// remains. The socket has the options that
  /// ``SocketListener/bind(to:backlog:reusesAddress:reusesPort:isDualStack:isMultipath:on:configure:)``
  /// describes.
  ///
  /// A connection to a port of this machine that nobody listens on can, rarely, meet itself ("simultaneous
  /// open" with the very port that the kernel chose for this end). It is then tried anew, twice, and
  /// counts as refused after that.
  ///
  /// The corresponding C functions are `socket(2)`, `connect(2)` and `getsockname(2)`.
  ///
  /// - Parameters:
  ///   - address: The address of the server.
  ///   - localAddress: The address to connect from; `nil` lets the kernel choose, and so does its port 0
  ///     for the port.
  ///   - deadline: When to give up; `nil` leaves that to the kernel, which takes about two minutes.
  ///   - isMultipath: Whether to offer the server multipath TCP (RFC 8684); the connection is plain
  ///     TCP if it does not take part. See ``ReadOnlySocketOption/isMultipath``.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared
  ///     ones.
  ///   - configure: Sets further options of the socket that is about to connect to the address.
  /// - Returns: The connection.
  /// - Throws: `CancellationError`, or ``SocketError`` that names the address:
  ///   ``SocketError/Code-swift.struct/connectionRefused``, ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/hostUnreachable``,
  ///   ``SocketError/Code-swift.struct/networkUnreachable``,
  ///   ``SocketError/Code-swift.struct/addressNotAvailable`` (no port is left to connect from),
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``; or the error of `configure`.
  public nonisolated(nonsending) static func connect(
    to address: SocketAddress,
    from localAddress: SocketAddress? = nil,
    deadline: ContinuousClock.Instant? = nil,
    isMultipath: Bool = false,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void = { _, _ in }
  ) async throws -> TCPConnection {
    let reactor = try reactor ?? Reactor.nextShared()
    var refusal: (any Error)?
    do throws(OperationFailure) {
      return TCPConnection(
        try await Stream.connectToAnother(
          address,
          from: localAddress,
          until: LoopTime.end(deadline),
          isMultipath: isMultipath,
          on: reactor
        ) { (socket) throws(Errno) in
          try UnconnectedSocket.configure(socket, address, configure, &refusal)
        }
      )
    } catch {
      throw refusal ?? error.error(.connect, localAddress: localAddress, remoteAddress: address)
    }
  }

  /// Connects to an address for the time of a scope.
  ///
  /// The connection is closed when the body returns or throws. Otherwise as
  /// ``connect(to:from:deadline:isMultipath:on:configure:)``.
  ///
  /// - Parameters:
  ///   - address: The address of the server.
  ///   - localAddress: The address to connect from; `nil` lets the kernel choose.
  ///   - deadline: When to give up connecting; it does not apply to the body.
  ///   - isMultipath: Whether to offer the server multipath TCP.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: Sets further options of the socket that is about to connect to the address.
  ///   - body: What to do with the connection.
  /// - Returns: The body's result.
  /// - Throws: As ``connect(to:from:deadline:isMultipath:on:configure:)``, or the body's error.
  @inlinable
  public nonisolated(nonsending) static func connect<Result>(
    to address: SocketAddress,
    from localAddress: SocketAddress? = nil,
    deadline: ContinuousClock.Instant? = nil,
    isMultipath: Bool = false,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void = { _, _ in },
    body: nonisolated(nonsending) (TCPConnection) async throws -> Result
  ) async throws -> Result {
    let connection = try await connect(
      to: address,
      from: localAddress,
      deadline: deadline,
      isMultipath: isMultipath,
      on: reactor,
      configure: configure
    )
    defer { connection.close() }
    return try await body(connection)
  }

  /// Two connected connections over the loopback interface: for tests.
  ///
  /// - Parameters:
  ///   - address: The loopback address to use; its port is ignored.
  ///   - reactor: The reactor of both; `nil` for the next of the shared ones.
  /// - Returns: Both ends of one connection.
  /// - Throws: `CancellationError` or ``SocketError``.
  public nonisolated(nonsending) static func pair(
    over address: SocketAddress = .loopback(port: 0),
    on reactor: Reactor? = nil
  ) async throws -> (TCPConnection, TCPConnection) {
    let reactor = try reactor ?? Reactor.nextShared()
    let listener = try await TCPListener.bind(
      to: SocketAddress(address.ip, port: 0),
      on: [reactor]
    )
    defer { listener.close() }
    let connecting = try await connect(to: listener.localAddress, on: reactor)
    while true {
      let accepted = try await listener.accept()
      // Another program may have connected to the port in the meantime.
      if accepted.remoteAddress == connecting.localAddress { return (connecting, accepted) }
      accepted.close()
    }
  }
}

extension Stream {
  /// Connects to an address, and not to itself: see
  /// ``SocketConnection/connect(to:from:deadline:isMultipath:on:configure:)``.
  nonisolated(nonsending) static func connectToAnother(
    _ address: SocketAddress,
    from source: SocketAddress? = nil,
    until deadline: Int64,
    isMultipath: Bool = false,
    on reactor: Reactor,
    configure: (Socket) throws(Errno) -> Void = { _ in }
  ) async throws(OperationFailure) -> Stream {
    for _ in 0..<3 {
      let stream = try await connect(
        to: address,
        from: source,
        until: deadline,
        isMultipath: isMultipath,
        on: reactor,
        configure: configure
      )
      if stream.localName != stream.remoteName { return stream }
      stream.reset()
    }
    throw .failed(.connectionRefused)
  }

  /// Connects one socket.
  @inline(__always)
  private nonisolated(nonsending) static func connect(
    to address: SocketAddress,
    from source: SocketAddress?,
    until deadline: Int64,
    isMultipath: Bool,
    on reactor: Reactor,
    configure: (Socket) throws(Errno) -> Void
  ) async throws(OperationFailure) -> Stream {
    if Task.isCancelled { throw .cancelled }
    var isEstablished = false
    var local: SocketAddress?
    let descriptor = try failing { () throws(Errno) in
      let descriptor = try Socket.make(
        family: address.family,
        transport: isMultipath ? Socket.multipathTCP : 0,
        kernel: reactor.loop.kernel
      )
      isEstablished = try begin(descriptor.socket, to: address, from: source, configure)
      // Chosen by then, established or not.
      local = try descriptor.socket.localAddress().socketAddress
      return descriptor
    }
    // Only now: epoll reports a socket that has not begun to connect as hung up.
    let registration = try reactor.loop.register(
      descriptor,
      as: SocketIdentity(
        .tcpConnection,
        .connected,
        local: .ip(local ?? .anyIPv4(port: 0)),
        remote: .ip(address.destination(from: local))
      ),
      initial: isEstablished ? .untried : .waiting
    )
    do throws(OperationFailure) {
      _ = try await registration.perform(
        .write,
        whenBusy: .fail,
        triesLate: false,
        until: deadline
      ) { socket in
        do throws(Errno) {
          // Space to write, and no error or end, is what only an established connection has.
          if !isEstablished, registration.hasHungUp(.write) { try socket.connectOutcome() }
          return .done(0, usedUp: .no)
        } catch {
          return .failed(error)
        }
      }
      return Stream(reactor: reactor, registration: registration)
    } catch {
      registration.close()
      throw error
    }
  }

  /// Begins to connect a new socket.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - address: The other end.
  ///   - source: This end, if the caller chooses it.
  ///   - configure: Sets further options.
  /// - Returns: Whether it is connected already.
  /// - Throws: The error number.
  private static func begin(
    _ socket: Socket,
    to address: SocketAddress,
    from source: SocketAddress?,
    _ configure: (Socket) throws(Errno) -> Void
  ) throws(Errno) -> Bool {
    if address.isIPv6 { try socket.set(.v6Only, to: address.unmapped.isIPv6) }
    try socket.setStreamDefaults()
    try configure(socket)
    if let source {
      if source.port == 0 { try socket.set(.bindAddressNoPort, to: true) }
      try socket.bind(to: KernelAddress(source))
    }
    return try socket.connect(to: KernelAddress(address))
  }
}

extension SocketAddress {
  /// What the kernel connects to from a local address: for the unspecified address, this machine.
  fileprivate func destination(from local: SocketAddress?) -> SocketAddress {
    guard ip.isUnspecified, let local else { return self }
    // In IPv4 the address that it connects from.
    return SocketAddress(unmapped.isIPv6 ? .v6(.loopback) : local.ip, port: port)
  }
}
