extension DatagramSocket where Transport == UnixDatagram {
  /// Sends a datagram.
  ///
  /// When this returns, it is in the receiver's queue. Suspends while that is full: on a connected socket
  /// until the kernel tells that there is room. About another receiver's queue it tells nothing, so the
  /// send is then tried again, after one millisecond that doubles up to 50. If cancelled, or out of time, it
  /// was not sent.
  ///
  /// A failure concerns this datagram only.
  ///
  /// The corresponding C function is `sendmsg(2)` with `MSG_NOSIGNAL`.
  ///
  /// - Parameters:
  ///   - payload: The payload: 0 bytes or more, up to a little less than the send buffer, some 200 KB unless
  ///     configured otherwise (``SocketOption/sendBufferSize``).
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError`` that names the destination:
  ///   ``SocketError/Code-swift.struct/fileNotFound``,
  ///   ``SocketError/Code-swift.struct/connectionRefused`` (nobody has the address any more, or the file is no
  ///   socket), ``SocketError/Code-swift.struct/permissionDenied`` (also if the receiver is connected to
  ///   somebody else), ``SocketError/Code-swift.struct/messageTooLong``,
  ///   ``SocketError/Code-swift.struct/notConnected`` (no destination, or the peer has closed its socket),
  ///   ``SocketError/Code-swift.struct/invalidAddress`` (unnamed),
  ///   ``SocketError/Code-swift.struct/other`` with `EPROTOTYPE` if the receiver's socket is of another
  ///   kind, ``SocketError/Code-swift.struct/timedOut``, ``SocketError/Code-swift.struct/closed``.
  public nonisolated(nonsending) func send(
    _ payload: RawSpan,
    to address: UnixAddress? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let name = address.map(KernelAddress.init)
    try await port.send(to: address, deadline: deadline) { socket in
      socket.send(payload, to: name)
    }
  }

  /// Sends a collection of bytes as a datagram.
  ///
  /// As ``send(_:to:deadline:)-(RawSpan,_,_)``; a collection that does not lie in one piece in memory is
  /// copied first.
  ///
  /// - Parameters:
  ///   - payload: The payload.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``send(_:to:deadline:)-(RawSpan,_,_)``.
  public nonisolated(nonsending) func send(
    _ payload: some Collection<UInt8>,
    to address: UnixAddress? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let name = address.map(KernelAddress.init)
    try await port.send(to: address, deadline: deadline) { socket in
      payload.withRawSpan { socket.send($0, to: name) }
    }
  }
}

extension DatagramPort {
  /// Sends one datagram of a Unix-domain socket.
  ///
  /// - Parameters:
  ///   - address: The destination; `nil` for the peer.
  ///   - deadline: When to give up.
  ///   - call: The system call.
  /// - Throws: What users see.
  nonisolated(nonsending) func send(
    to address: UnixAddress?,
    deadline: ContinuousClock.Instant?,
    _ call: (Socket) -> Int
  ) async throws {
    try address?.checkDestination(of: .send)
    // Only about the queue of its own peer does the kernel tell a socket when there is room again. About
    // any other it goes on saying that the socket can be written, and each try that fails makes an edge
    // by itself: to wait for one would be to try without end.
    let isPolled = address != nil || remoteName == nil
    var isFull = false
    func counted(_ socket: Socket) -> Int {
      let result = call(socket)
      if result > 0 { registration.countShared(result, .write) }
      return result
    }
    do throws(OperationFailure) {
      _ = try await registration.perform(.write, whenBusy: .queue, deadline: deadline) { socket in
        let result = counted(socket)
        isFull = isPolled && result == -Int(Errno.again.rawValue)
        return isFull ? .done(0, usedUp: .no) : Registration.Attempt(result)
      }
      if isFull { try await poll(deadline, counted) }
    } catch {
      throw self.error(error, .send, to: address.map(SocketName.unix))
    }
  }

  /// Tries a send on a timer, without keeping the turn: others may have a receiver with room.
  private nonisolated(nonsending) func poll(
    _ deadline: ContinuousClock.Instant?,
    _ call: (Socket) -> Int
  ) async throws(OperationFailure) {
    var failure: OperationFailure?
    try await registration.loop.retry(deadline: deadline, watching: registration) {
      do throws(OperationFailure) {
        // A close marks the registration before it wakes this, and lets go of the descriptor after.
        if registration.isClosed { throw .closed }
        return Registration.Attempt(try registration.use { socket in call(socket) })
      } catch {
        failure = error
        return .done(0, usedUp: .no)
      }
    }
    if let failure { throw failure }
  }
}
