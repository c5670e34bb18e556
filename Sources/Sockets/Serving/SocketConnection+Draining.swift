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

extension SocketConnection {
  /// Decodes one value from the incoming bytes, unless the listener that accepted this connection drains
  /// before the first of them has come: where a handler waits for the next request.
  ///
  /// ```swift
  /// while let request = try await connection.readUntilDraining(decoding: decoder.decode) {
  ///   try await connection.write(answer(request))
  /// }
  /// ```
  ///
  /// As ``ByteStream/read(upTo:deadline:decoding:)``, and at the price of that: without the look ahead of
  /// ``waitUntilReadableOrDraining(deadline:)``. A request that has begun to arrive is waited for,
  /// draining or not. The connection can be read further in any case. One that was not accepted never
  /// drains.
  ///
  /// The corresponding C function is `recv(2)`, repeated.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may be held for the value, at least 1. No more is taken from the kernel.
  ///   - deadline: When to give up waiting; `nil` for never.
  ///   - decode: Takes a value out of the bytes that have arrived, and returns it; `nil` if they are too
  ///     few.
  /// - Returns: The value; `nil` if no byte is left, and the stream has ended or the listener drains.
  /// - Throws: As ``fill(upTo:deadline:until:)``, and what the closure throws.
  @inlinable
  public nonisolated(nonsending) func readUntilDraining<Value>(
    upTo limit: Int = .max,
    deadline: ContinuousClock.Instant? = nil,
    decoding decode: (inout ReadBuffer) throws -> Value?
  ) async throws -> Value? {
    var value: Value?
    _ = try await fillUntilDraining(upTo: limit, deadline: deadline) { buffer in
      value = try decode(&buffer)
      return value != nil
    }
    return value
  }

  /// Fills the buffer for ``readUntilDraining(upTo:deadline:decoding:)``.
  @usableFromInline
  nonisolated(nonsending) func fillUntilDraining(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    precondition(limit > 0, "a read needs room for at least one byte")
    let end = LoopTime.end(deadline)
    return try await stream.fillUntilDraining(upTo: limit, until: end, until: isDone)
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
  var isDraining: Bool { drainSignal?.isRaised ?? false }

  /// Has the drain signal wake the reading side from now on, and at once if it was raised before.
  @inline(__always)
  func hearDrainSignal() {
    guard let drainSignal else { return }
    if !hearsDrainSignal.load(ordering: .relaxed),
      !hearsDrainSignal.exchange(true, ordering: .relaxed)
    {
      drainSignal.add(registration)
    }
    if drainSignal.isRaised { registration.signal(.read) }  // so that it looks before it waits
  }

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
    hearDrainSignal()
    return try await attempt(.wait) { () async throws(OperationFailure) in
      let found = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) {
        socket in
        if hasBuffer.load(ordering: .relaxed) { return .done(1, usedUp: .no) }
        // Asked before the look: a request that comes behind it, and only then the drain, is looked for again.
        let isDraining = isDraining
        // Bytes, an end or an error: all but "would block" is for the read that follows. A reset that this
        // look takes from the kernel stays with the stream.
        if checked(socket.peek()) != -Int(Errno.again.rawValue) { return .done(1, usedUp: .no) }
        return isDraining ? .done(0, usedUp: .yes) : .again(.yes)
      }
      return found == 1
    }
  }
}
