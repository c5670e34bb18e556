extension SocketConnection where Transport == TCP {
  /// Connects to an address.
  ///
  /// Suspends until the connection is established. If cancelled, or out of time, no descriptor
  /// remains. The socket has the options that ``SocketListener/bind(to:backlog:reusesAddress:reusesPort:isDualStack:on:)``
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
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  /// - Returns: The connection.
  /// - Throws: `CancellationError`, or ``SocketError`` that names the address:
  ///   ``SocketError/Code-swift.struct/connectionRefused``, ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/hostUnreachable``,
  ///   ``SocketError/Code-swift.struct/networkUnreachable``,
  ///   ``SocketError/Code-swift.struct/addressNotAvailable`` (no port is left to connect from),
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  public nonisolated(nonsending) static func connect(
    to address: SocketAddress,
    from localAddress: SocketAddress? = nil,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil
  ) async throws -> TCPConnection {
    let reactor = try reactor ?? Reactor.nextShared()
    do throws(OperationFailure) {
      return TCPConnection(
        try await Stream.connectToAnother(
          address,
          from: localAddress,
          deadline: deadline,
          on: reactor
        )
      )
    } catch {
      throw error.error(.connect, localAddress: localAddress, remoteAddress: address)
    }
  }

  /// Connects to an address for the time of a scope.
  ///
  /// The connection is closed when the body returns or throws. Otherwise as
  /// ``connect(to:from:deadline:on:)``.
  ///
  /// - Parameters:
  ///   - address: The address of the server.
  ///   - localAddress: The address to connect from; `nil` lets the kernel choose.
  ///   - deadline: When to give up connecting; it does not apply to the body.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - body: What to do with the connection.
  /// - Returns: The body's result.
  /// - Throws: As ``connect(to:from:deadline:on:)``, or the body's error.
  public nonisolated(nonsending) static func connect<Result>(
    to address: SocketAddress,
    from localAddress: SocketAddress? = nil,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    body: nonisolated(nonsending) (TCPConnection) async throws -> Result
  ) async throws -> Result {
    let connection = try await connect(
      to: address,
      from: localAddress,
      deadline: deadline,
      on: reactor
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
  /// Connects to an address, and not to itself: see ``SocketConnection/connect(to:from:deadline:on:)``.
  nonisolated(nonsending) static func connectToAnother(
    _ address: SocketAddress,
    from source: SocketAddress? = nil,
    deadline: ContinuousClock.Instant?,
    on reactor: Reactor
  ) async throws(OperationFailure) -> Stream {
    for _ in 0..<3 {
      let stream = try await connect(to: address, from: source, deadline: deadline, on: reactor)
      if stream.localName != stream.remoteName { return stream }
      stream.registration.close { socket in try? socket.resetOnClose() }
    }
    throw .failed(.connectionRefused)
  }

  /// Connects one socket.
  nonisolated(nonsending) static func connect(
    to address: SocketAddress,
    from source: SocketAddress?,
    deadline: ContinuousClock.Instant?,
    on reactor: Reactor
  ) async throws(OperationFailure) -> Stream {
    if Task.isCancelled { throw .cancelled }
    var isEstablished = false
    let descriptor = try failing { () throws(Errno) in
      try open(address, from: source, kernel: reactor.loop.kernel, &isEstablished)
    }
    // Only now: epoll reports a socket that has not begun to connect as hung up.
    let registration = try reactor.loop.register(
      descriptor,
      initial: isEstablished ? .untried : .waiting
    )
    do throws(OperationFailure) {
      var local: SocketAddress?
      _ = try await registration.perform(.write, whenBusy: .fail, deadline: deadline) { socket in
        do throws(Errno) {
          if !isEstablished { try socket.connectOutcome() }
          local = try socket.localAddress().socketAddress
          return .done(0, usedUp: .no)
        } catch {
          return .failed(error)
        }
      }
      return Stream(
        reactor: reactor,
        registration: registration,
        localName: .ip(local ?? .anyIPv4(port: 0)),
        remoteName: .ip(address)
      )
    } catch {
      registration.close()
      throw error
    }
  }

  /// Makes a socket that begins to connect.
  ///
  /// - Parameters:
  ///   - address: The other end.
  ///   - source: This end, if the caller chooses it.
  ///   - kernel: The system calls.
  ///   - isEstablished: Receives whether it is connected already.
  /// - Returns: The socket.
  /// - Throws: The error number.
  private static func open(
    _ address: SocketAddress,
    from source: SocketAddress?,
    kernel: Kernel,
    _ isEstablished: inout Bool
  ) throws(Errno) -> FileDescriptor {
    let descriptor = try Socket.make(family: address.family, kernel: kernel)
    let socket = descriptor.socket
    if address.isIPv6 { try socket.set(.v6Only, to: address.unmapped.isIPv6) }
    try socket.setStreamDefaults()
    if let source {
      if source.port == 0 { try socket.set(.bindAddressNoPort, to: true) }
      try socket.bind(to: KernelAddress(source))
    }
    isEstablished = try socket.connect(to: KernelAddress(address))
    return descriptor
  }
}
