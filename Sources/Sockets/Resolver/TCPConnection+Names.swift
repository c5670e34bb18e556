internal import Synchronization

extension SocketConnection where Transport == TCP {
  /// Connects to a host by name.
  ///
  /// As ``connect(to:from:order:resolver:deadline:on:configure:)``.
  ///
  /// - Parameters:
  ///   - host: A host name, or an IP address (an IPv6 one without brackets).
  ///   - port: The port.
  ///   - localAddress: As for an ``Endpoint``.
  ///   - order: In which order the addresses are tried.
  ///   - resolver: Who looks the name up.
  ///   - deadline: When to give up, the look-up included; `nil` leaves that to the resolver and the kernel.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: As for an ``Endpoint``.
  /// - Returns: The connection.
  /// - Throws: As ``connect(to:from:order:resolver:deadline:on:configure:)``, and ``SocketError`` with
  ///   ``SocketError/Code-swift.struct/invalidAddress`` if the host is no host name.
  public nonisolated(nonsending) static func connect(
    to host: String,
    port: UInt16,
    from localAddress: SocketAddress? = nil,
    order: AddressOrder = .system,
    resolver: any Resolver = .system,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (@Sendable (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void)? = nil
  ) async throws -> TCPConnection {
    try await connect(
      to: Endpoint(host: host, port: port),
      from: localAddress,
      order: order,
      resolver: resolver,
      deadline: deadline,
      on: reactor,
      configure: configure
    )
  }

  /// Connects to a host by name, for the time of a scope.
  ///
  /// The connection is closed when the body returns or throws. Otherwise as
  /// ``connect(to:from:order:resolver:deadline:on:configure:)``.
  ///
  /// - Parameters:
  ///   - host: A host name, or an IP address (an IPv6 one without brackets).
  ///   - port: The port.
  ///   - localAddress: As for an ``Endpoint``.
  ///   - order: In which order the addresses are tried.
  ///   - resolver: Who looks the name up.
  ///   - deadline: When to give up connecting; it does not apply to the body.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: As for an ``Endpoint``.
  ///   - body: What to do with the connection.
  /// - Returns: The body's result.
  /// - Throws: As ``connect(to:port:from:order:resolver:deadline:on:configure:)``, or the body's error.
  @inlinable
  public nonisolated(nonsending) static func connect<Result>(
    to host: String,
    port: UInt16,
    from localAddress: SocketAddress? = nil,
    order: AddressOrder = .system,
    resolver: any Resolver = .system,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (@Sendable (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void)? = nil,
    body: nonisolated(nonsending) (TCPConnection) async throws -> Result
  ) async throws -> Result {
    try await connect(
      to: Endpoint(host: host, port: port),
      from: localAddress,
      order: order,
      resolver: resolver,
      deadline: deadline,
      on: reactor,
      configure: configure,
      body: body
    )
  }

  /// Connects to an endpoint: to whichever of its addresses answers first.
  ///
  /// "Happy Eyeballs" (RFC 8305): the addresses are tried one after the other, IPv6 and IPv4 in turn,
  /// each 250 ms after the previous one has started, or at once when one fails. So an address that
  /// does not answer costs a quarter of a second instead of two minutes. No attempt is given up for
  /// being slow: the first to succeed wins, and the others are closed before this returns. If cancelled,
  /// or out of time, no descriptor remains.
  ///
  /// How it went is the connection's ``connectTimeline``, or the error's
  /// ``SocketError/connectTimeline``. Each single attempt is made as
  /// ``connect(to:from:deadline:isMultipath:on:configure:)`` says.
  ///
  /// The corresponding C functions are `getaddrinfo(3)`, `socket(2)` and `connect(2)`; in Winsock,
  /// `WSAConnectByName`.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port or service; one of numbers only is not looked up.
  ///   - localAddress: The address to connect from; addresses of the other family are left out then.
  ///     `SocketAddress.any(port:)` stands for both families and only chooses the port, which attempts
  ///     that are under way at the same time in one family cannot share. `nil` lets the kernel choose.
  ///   - order: In which order the addresses are tried.
  ///   - resolver: Who looks the names up.
  ///   - deadline: When to give up, the look-up included; `nil` leaves that to the resolver and the
  ///     kernel, which takes about two minutes for the last address.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: Sets further options of a socket that is about to connect to an address: called for each
  ///     socket that is made, from other tasks. If it throws, no further attempt begins, and this throws
  ///     its error, unless another attempt has succeeded by then.
  /// - Returns: The connection.
  /// - Throws: `CancellationError`, or ``SocketError``. With the operation
  ///   ``SocketError/Operation-swift.struct/resolve`` if there was no address to try: the resolver's
  ///   error, or ``SocketError/Code-swift.struct/timedOut``. With
  ///   ``SocketError/Operation-swift.struct/connect`` and the reasons of all addresses in
  ///   ``SocketError/detail`` otherwise; its code is ``SocketError/Code-swift.struct/timedOut``, or if
  ///   all addresses failed the first one's reason that is not
  ///   ``SocketError/Code-swift.struct/networkUnreachable``. Or the error of `configure`.
  public nonisolated(nonsending) static func connect(
    to endpoint: Endpoint,
    from localAddress: SocketAddress? = nil,
    order: AddressOrder = .system,
    resolver: any Resolver = .system,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (@Sendable (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void)? = nil
  ) async throws -> TCPConnection {
    let race = ConnectRace(
      endpoint: endpoint,
      source: localAddress,
      order: order,
      resolver: resolver,
      deadline: deadline,
      reactor: try reactor ?? Reactor.nextShared(),
      configure: configure ?? { _, _ in }
    )
    return TCPConnection(try await race.run())
  }

  /// Connects to an endpoint for the time of a scope.
  ///
  /// The connection is closed when the body returns or throws. Otherwise as
  /// ``connect(to:from:order:resolver:deadline:on:configure:)``.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port or service.
  ///   - localAddress: The address to connect from; `nil` lets the kernel choose.
  ///   - order: In which order the addresses are tried.
  ///   - resolver: Who looks the names up.
  ///   - deadline: When to give up connecting; it does not apply to the body.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: Sets further options of a socket that is about to connect to an address: called for each
  ///     socket that is made, from other tasks.
  ///   - body: What to do with the connection.
  /// - Returns: The body's result.
  /// - Throws: As ``connect(to:from:order:resolver:deadline:on:configure:)``, or the body's error.
  @inlinable
  public nonisolated(nonsending) static func connect<Result>(
    to endpoint: Endpoint,
    from localAddress: SocketAddress? = nil,
    order: AddressOrder = .system,
    resolver: any Resolver = .system,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (@Sendable (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void)? = nil,
    body: nonisolated(nonsending) (TCPConnection) async throws -> Result
  ) async throws -> Result {
    let connection = try await connect(
      to: endpoint,
      from: localAddress,
      order: order,
      resolver: resolver,
      deadline: deadline,
      on: reactor,
      configure: configure
    )
    defer { connection.close() }
    return try await body(connection)
  }
}

extension SocketConnection {
  /// How the connection came about, address by address, if it was made by name or ``Endpoint``; `nil`
  /// for every other one.
  ///
  /// Stays known after the close.
  public var connectTimeline: ConnectTimeline? { stream.connectTimeline.load()?.timeline }
}
