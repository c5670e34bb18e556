internal import Synchronization

extension SocketConnection {
  /// Whether the listener that accepted this connection is draining.
  ///
  /// A handler that keeps its connection open between requests closes it then. Always `false` for a
  /// connection that was not accepted.
  public var isDraining: Bool { stream.isDraining }

  /// Waits until the listener that accepted this connection begins to drain.
  ///
  /// Returns at once if it has begun. For a connection that was not accepted it waits until it is
  /// cancelled or out of time.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``.
  public nonisolated(nonsending) func waitUntilDraining(
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.waitUntilDraining(deadline: deadline)
  }

  /// Waits until a read would not suspend, or the listener that accepted this connection begins to drain:
  /// where a handler waits for the next request.
  ///
  /// ```swift
  /// while try await connection.waitUntilReadableOrDraining() {
  ///   try await answerOneRequest(on: connection)
  /// }
  /// ```
  ///
  /// So connections that are idle end at once when a server is to stop, and it need not wait for them
  /// until its grace is over. A request that has begun to arrive is still seen: readiness counts for more
  /// than draining. No byte is consumed. It counts as a read: not beside another one, and within the
  /// ``ConnectionLimits``. If cancelled, or out of time, nothing has happened.
  ///
  /// The corresponding C function is `poll(2)` with `POLLIN`.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Returns: Whether there is something to read: bytes, the end of the stream, or an error; `false` if
  ///   there is not, and the listener drains.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/closed``, ``SocketError/Code-swift.struct/concurrentRead``.
  public nonisolated(nonsending) func waitUntilReadableOrDraining(
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Bool {
    try await stream.waitUntilReadableOrDraining(deadline: deadline)
  }
}

extension SeqPacketConnection {
  /// Whether the listener that accepted this connection is draining.
  ///
  /// As ``SocketConnection/isDraining``.
  public var isDraining: Bool { stream.isDraining }

  /// Waits until the listener that accepted this connection begins to drain.
  ///
  /// As ``SocketConnection/waitUntilDraining(deadline:)``.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``.
  public nonisolated(nonsending) func waitUntilDraining(
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.waitUntilDraining(deadline: deadline)
  }

  /// Waits until a receive would not suspend, or the listener that accepted this connection begins to
  /// drain.
  ///
  /// As ``SocketConnection/waitUntilReadableOrDraining(deadline:)``.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Returns: Whether there is something to receive.
  /// - Throws: As ``SocketConnection/waitUntilReadableOrDraining(deadline:)``.
  public nonisolated(nonsending) func waitUntilReadableOrDraining(
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Bool {
    try await stream.waitUntilReadableOrDraining(deadline: deadline)
  }
}

extension Stream {
  fileprivate var isDraining: Bool { drainSignal?.isRaised ?? false }

  fileprivate nonisolated(nonsending) func waitUntilDraining(
    deadline: ContinuousClock.Instant?
  ) async throws {
    try await attempt(.wait) { () async throws(OperationFailure) in
      try await (drainSignal ?? DrainSignal()).wait(on: reactor.loop, deadline: deadline)
    }
  }

  fileprivate nonisolated(nonsending) func waitUntilReadableOrDraining(
    deadline: ContinuousClock.Instant?
  ) async throws -> Bool {
    let number = drainSignal?.add(registration)
    defer { if let number { drainSignal?.remove(number) } }
    if isDraining { registration.signal(.read) }  // so that it looks before it waits
    return try await attempt(.wait) { () async throws(OperationFailure) in
      let found = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) {
        socket in
        if hasBuffer.load(ordering: .relaxed) { return .done(1, usedUp: .no) }
        // Bytes, an end or an error: all but "would block" is for the read that follows. A reset that this
        // look takes from the kernel stays with the stream.
        if checked(socket.peek()) != -Int(Errno.again.rawValue) { return .done(1, usedUp: .no) }
        return isDraining ? .done(0, usedUp: .yes) : .again(.yes)
      }
      return found == 1
    }
  }
}
