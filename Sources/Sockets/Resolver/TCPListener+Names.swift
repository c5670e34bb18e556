extension SocketListener where Transport == TCP {
  /// Listens on all addresses of a host name: on `localhost`, say, over IPv4 and over IPv6.
  ///
  /// As ``bind(to:backlog:reusesAddress:reusesPort:resolver:deadline:on:configure:)``, also if cancelled.
  ///
  /// - Parameters:
  ///   - host: A host name, or an IP address (an IPv6 one without brackets).
  ///   - port: The port; 0 lets the kernel choose one.
  ///   - backlog: As for one address.
  ///   - reusesAddress: As for one address.
  ///   - reusesPort: As for one address.
  ///   - resolver: Who looks the name up.
  ///   - deadline: When to give up the look-up; `nil` leaves that to the resolver.
  ///   - reactors: As for one address.
  ///   - configure: As for one address: called for each socket that is made.
  /// - Returns: The listeners, at least one, in the resolver's order.
  /// - Throws: As ``bind(to:backlog:reusesAddress:reusesPort:resolver:deadline:on:configure:)``, and
  ///   ``SocketError`` with ``SocketError/Code-swift.struct/invalidAddress`` if the host is no host name.
  public nonisolated(nonsending) static func bind(
    to host: String,
    port: UInt16,
    backlog: Int? = nil,
    reusesAddress: Bool = true,
    reusesPort: Bool = false,
    resolver: any Resolver = .system,
    deadline: ContinuousClock.Instant? = nil,
    on reactors: [Reactor]? = nil,
    configure: (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void = { _, _ in }
  ) async throws -> [TCPListener] {
    try await bind(
      to: Endpoint(host: host, port: port),
      backlog: backlog,
      reusesAddress: reusesAddress,
      reusesPort: reusesPort,
      resolver: resolver,
      deadline: deadline,
      on: reactors,
      configure: configure
    )
  }

  /// Listens on all addresses of an endpoint.
  ///
  /// One listener for each address, all or none: if one cannot be bound, those that were are closed. Only
  /// what stands for a family that this machine has not got is left out, if there is anything else: names
  /// such as `localhost` are often listed for IPv6 where IPv6 is switched off.
  ///
  /// With port 0 all of them get the same port, which the kernel chooses for the first: should it be
  /// taken at another address, all are bound anew, 16 times at most. If cancelled, or out of time, during the
  /// look-up, there is no listener.
  ///
  /// To serve all of them as one:
  ///
  /// ```swift
  /// let listeners = try await TCPListener.bind(to: "localhost", port: 7007)
  /// try await listeners.serve(maxConnections: 10_000) { connection in … }
  /// ```
  ///
  /// The options of each are those of
  /// ``bind(to:backlog:reusesAddress:reusesPort:isDualStack:isMultipath:on:configure:)``; an IPv6 wildcard takes IPv4
  /// clients only if it is the sole address.
  ///
  /// The corresponding C functions are `getaddrinfo(3)`, `socket(2)`, `bind(2)` and `listen(2)`.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port or service; one of numbers only is not looked up.
  ///   - backlog: As for one address.
  ///   - reusesAddress: As for one address.
  ///   - reusesPort: As for one address.
  ///   - resolver: Who looks the names up.
  ///   - deadline: When to give up the look-up; `nil` leaves that to the resolver.
  ///   - reactors: As for one address.
  ///   - configure: As for one address: called for each socket that is made.
  /// - Returns: The listeners, at least one, in the resolver's order.
  /// - Throws: `CancellationError`, or ``SocketError`` from the look-up, or as for one address.
  public nonisolated(nonsending) static func bind(
    to endpoint: Endpoint,
    backlog: Int? = nil,
    reusesAddress: Bool = true,
    reusesPort: Bool = false,
    resolver: any Resolver = .system,
    deadline: ContinuousClock.Instant? = nil,
    on reactors: [Reactor]? = nil,
    configure: (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void = { _, _ in }
  ) async throws -> [TCPListener] {
    var addresses: [SocketAddress] = []
    if let address = endpoint.socketAddress {
      addresses = [address]
    } else {
      for address in try await resolver.resolve(endpoint, deadline: deadline)
      where !addresses.contains(address) {
        addresses.append(address)
      }
    }
    guard !addresses.isEmpty else {
      throw SocketError(
        .nameNotFound,
        operation: .resolve,
        detail: "\(endpoint): it has no IP address"
      )
    }

    var attemptsLeft = endpoint.service == .port(0) ? 16 : 1
    while true {
      attemptsLeft -= 1
      do {
        return try await bindAll(addresses) { address in
          try await bind(
            to: address,
            backlog: backlog,
            reusesAddress: reusesAddress,
            reusesPort: reusesPort,
            isDualStack: addresses.count == 1,
            on: reactors,
            configure: configure
          )
        }
      } catch let error as SocketError where error.tellsOfTakenPort && attemptsLeft > 0 {
        continue
      }
    }
  }

  /// Binds at each address, or closes those that were bound; with port 0, all get the first one's port.
  private static func bindAll(
    _ addresses: [SocketAddress],
    bind: (SocketAddress) async throws -> TCPListener
  ) async throws -> [TCPListener] {
    var listeners: [TCPListener] = []
    var lack: SocketError?
    do {
      for var address in addresses {
        if address.port == 0, let first = listeners.first { address.port = first.localAddress.port }
        do {
          listeners.append(try await bind(address))
        } catch let error as SocketError where error.tellsOfLack(of: address) {
          lack = lack ?? error
        }
      }
      if let lack, listeners.isEmpty { throw lack }
      return listeners
    } catch {
      for listener in listeners { listener.close() }
      throw error
    }
  }
}

extension SocketError {
  /// Whether a bind has failed since this machine has no addresses of the family, not even the loopback one.
  fileprivate func tellsOfLack(of address: SocketAddress) -> Bool {
    switch code {
    case .notSupported: operation == .socket
    case .addressNotAvailable: address.ip.isLoopback
    default: false
    }
  }

  /// Whether a bind has failed since somebody else has the very port, and not since no port is left.
  fileprivate var tellsOfTakenPort: Bool {
    code == .addressInUse && (localAddress as? SocketAddress)?.port != 0
  }
}
