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
  public nonisolated(nonsending) func send(
    _ payload: RawSpan,
    to address: SocketAddress? = nil,
    metadata: DatagramMetadata = DatagramMetadata(),
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let isIPv6 = port.isIPv6(address)
    try await port.send(to: address, deadline: deadline) { socket in
      socket.sendDatagram(payload, to: address, metadata, isIPv6: isIPv6)
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
    let isIPv6 = port.isIPv6(address)
    try await port.send(to: address, deadline: deadline) { socket in
      payload.withRawSpan { socket.sendDatagram($0, to: address, metadata, isIPv6: isIPv6) }
    }
  }
}

extension DatagramPort {
  /// Whether a datagram to this address, or to the peer, is one of IPv6 on the wire.
  func isIPv6(_ address: SocketAddress?) -> Bool {
    (address ?? remoteName?.socketAddress ?? localName.socketAddress).unmapped.isIPv6
  }

  /// Sends one datagram.
  ///
  /// - Parameters:
  ///   - address: The destination, for errors.
  ///   - deadline: When to give up.
  ///   - call: The system call.
  /// - Throws: What users see.
  @inline(__always)
  nonisolated(nonsending) func send(
    to address: SocketAddress?,
    deadline: ContinuousClock.Instant?,
    _ call: (Socket) -> Int
  ) async throws {
    var met: Errno?
    do throws(OperationFailure) {
      _ = try await registration.perform(.write, whenBusy: .queue, deadline: deadline) { socket in
        var result = call(socket)
        if result < 0, sendsAgain(after: Errno(Int32(-result)), &met) { result = call(socket) }
        if result > 0 { registration.count(result, .write) }
        return Registration.Attempt(result)
      }
      deliver(met)
    } catch {
      // Met twice: the send's own failure, unless the second one is of another kind.
      if let met, error != .failed(met) { deliver(met) }
      throw self.error(error, .send, to: address.map(SocketName.ip))
    }
  }
}
