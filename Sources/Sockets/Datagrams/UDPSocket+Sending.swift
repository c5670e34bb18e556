extension DatagramSocket where Transport == UDP {
  /// Sends a datagram.
  ///
  /// Returns when the kernel has it; whether it arrives nobody knows. Suspends while the socket's send
  /// buffer is full. Allocates nothing. If cancelled, or out of time, it was not sent.
  ///
  /// A failure concerns this datagram only. On a connected socket, an error that the network has reported
  /// about an *earlier* datagram does not fail this one: it is sent, and the error is left to the next
  /// receive.
  ///
  /// The corresponding C function is `sendmsg(2)` with `MSG_NOSIGNAL`.
  ///
  /// - Parameters:
  ///   - payload: The payload: 0 to 65,507 bytes over IPv4, 65,527 over IPv6. What exceeds the network's
  ///     packets (often 1,472 and 1,452) is fragmented, and lost with any of its fragments.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it, such as the address to send from.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError`` that names the destination:
  ///   ``SocketError/Code-swift.struct/messageTooLong``, ``SocketError/Code-swift.struct/notConnected``
  ///   (no destination), ``SocketError/Code-swift.struct/permissionDenied`` (a broadcast address, or a
  ///   firewall), ``SocketError/Code-swift.struct/networkUnreachable``,
  ///   ``SocketError/Code-swift.struct/invalidArgument`` (metadata that do not fit the destination, or
  ///   its port is 0), ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/closed``.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func send(
    _ payload: RawSpan,
    to address: SocketAddress? = nil,
    metadata: DatagramMetadata = DatagramMetadata(),
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let sending = port.beginSend(payload, to: address, metadata)
    if sending.isDone { return }
    try await port.send(
      payload,
      to: address,
      metadata,
      from: sending,
      until: LoopTime.end(deadline)
    )
  }

  /// Sends an array of bytes as a datagram.
  ///
  /// As ``send(_:to:metadata:deadline:)-(RawSpan,_,_,_)``.
  ///
  /// - Parameters:
  ///   - payload: The payload.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``send(_:to:metadata:deadline:)-(RawSpan,_,_,_)``.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func send(
    _ payload: [UInt8],
    to address: SocketAddress? = nil,
    metadata: DatagramMetadata = DatagramMetadata(),
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let sending = port.beginSend(payload, to: address, metadata)
    if sending.isDone { return }
    let end = LoopTime.end(deadline)
    try await payload.span.withRawSpan {
      try await port.send($0, to: address, metadata, from: sending, until: end)
    }
  }

  /// Sends a collection of bytes as a datagram.
  ///
  /// As ``send(_:to:metadata:deadline:)-(RawSpan,_,_,_)``; a collection that does not lie in one piece in
  /// memory is copied first.
  ///
  /// - Parameters:
  ///   - payload: The payload.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``send(_:to:metadata:deadline:)-(RawSpan,_,_,_)``.
  public nonisolated(nonsending) func send(
    _ payload: some Collection<UInt8>,
    to address: SocketAddress? = nil,
    metadata: DatagramMetadata = DatagramMetadata(),
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await port.send(to: address, until: LoopTime.end(deadline)) { socket in
      payload.withRawSpan { port.send($0, to: address, metadata, on: socket) }
    }
  }
}

extension DatagramPort {
  /// How far the send of a datagram has come.
  @usableFromInline
  struct Sending {
    /// What is next; `nil` if it has not begun.
    fileprivate var step: WaiterState.Step?

    /// What the network has reported of an earlier datagram, which is told once.
    fileprivate var met: Errno?

    /// What it has met itself.
    fileprivate var failure: Errno?

    /// Whether the kernel has it.
    @usableFromInline fileprivate(set) var isDone = false
  }

  /// Begins to send a datagram: most of the time the kernel takes it at once.
  ///
  /// - Parameters:
  ///   - payload: The payload.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it.
  /// - Returns: How the send is to go on, if it is not done.
  @usableFromInline
  func beginSend(
    _ payload: RawSpan,
    to address: SocketAddress?,
    _ metadata: DatagramMetadata
  ) -> Sending {
    var sending = Sending()
    sending.step = registration.begin(.write) { socket in
      let attempt = attempt(socket, &sending.met) {
        send(payload, to: address, metadata, on: $0)
      }
      if case .failed(let error) = attempt { sending.failure = error }
      return attempt
    }
    if sending.step == nil {
      sending.isDone = true
      deliver(sending.met)
    }
    return sending
  }

  /// As ``beginSend(_:to:_:)-(RawSpan,_,_)``.
  @usableFromInline
  func beginSend(
    _ payload: [UInt8],
    to address: SocketAddress?,
    _ metadata: DatagramMetadata
  ) -> Sending {
    payload.withRawSpan { beginSend($0, to: address, metadata) }
  }

  /// Sends a datagram.
  ///
  /// - Parameters:
  ///   - payload: The payload.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it.
  ///   - sending: How far it has come already.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  /// - Throws: What users see.
  @usableFromInline
  nonisolated(nonsending) func send(
    _ payload: RawSpan,
    to address: SocketAddress?,
    _ metadata: DatagramMetadata,
    from sending: Sending,
    until deadline: Int64
  ) async throws {
    try await send(to: address, from: sending, until: deadline) { socket in
      send(payload, to: address, metadata, on: socket)
    }
  }

  /// Sends one datagram.
  ///
  /// - Parameters:
  ///   - address: The destination, for errors.
  ///   - sending: How far it has come already, if it has begun.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  ///   - call: The system call.
  /// - Throws: What users see.
  @inline(__always)
  nonisolated(nonsending) func send(
    to address: SocketAddress?,
    from sending: Sending = Sending(),
    until deadline: Int64,
    _ call: (Socket) -> Int
  ) async throws {
    var met = sending.met
    do throws(OperationFailure) {
      _ = try await registration.perform(
        .write,
        whenBusy: .queue,
        until: deadline,
        claimed: sending.step
      ) { socket in
        if let failure = sending.failure { return .failed(failure) }
        return attempt(socket, &met, call)
      }
      deliver(met)
    } catch {
      // Met twice: the send's own failure, unless the second one is of another kind.
      if let met, error != .failed(met) { deliver(met) }
      throw self.error(error, .send, to: address.map(SocketName.ip))
    }
  }

  /// Makes one try to send a datagram, or two: see ``sendsAgain(after:_:)``.
  @inline(__always)
  private func attempt(
    _ socket: Socket,
    _ met: inout Errno?,
    _ call: (Socket) -> Int
  ) -> Registration.Attempt {
    var result = call(socket)
    if result < 0, sendsAgain(after: Errno(Int32(-result)), &met) { result = call(socket) }
    if result > 0 { registration.count(result, .write) }
    return Registration.Attempt(result)
  }

  /// Makes the system call of a send.
  fileprivate func send(
    _ payload: RawSpan,
    to address: SocketAddress?,
    _ metadata: DatagramMetadata,
    on socket: Socket
  ) -> Int {
    socket.sendDatagram(payload, to: address, metadata, isIPv6: isIPv6(address))
  }

  /// Whether a datagram to this address, or to the peer, is one of IPv6 on the wire.
  func isIPv6(_ address: SocketAddress?) -> Bool {
    (address ?? remoteName?.socketAddress ?? localName.socketAddress).unmapped.isIPv6
  }
}
