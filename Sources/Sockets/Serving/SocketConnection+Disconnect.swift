extension SocketConnection {
  /// Runs a body, and cancels it the moment the peer is gone: for work that nobody would read the result
  /// of.
  ///
  /// ```swift
  /// let page = try await connection.withCancellationOnDisconnect { try await render(request) }
  /// try await connection.write(page)
  /// ```
  ///
  /// The peer is gone when it has closed or reset the connection, when the connection has broken (the
  /// kernel gave the peer up), or when this end was closed meanwhile; also if that had happened before. The
  /// library hears of it from the kernel without reading: no byte is consumed, and other tasks may read
  /// and write meanwhile. Bytes that the peer sent before it went can still be read afterwards.
  ///
  /// Over TCP, a peer that only ends its direction, having sent its request, looks the same as one that has
  /// closed; the difference shows when it is written to. So that counts as gone too, unless told otherwise:
  /// then a peer that has closed is noticed when it answers a write with a reset, and one that has reset at
  /// once as before.
  ///
  /// The body is cancelled as a task is, and decides what comes of that: its result is returned, or its
  /// error thrown, in any case when it has ended. The task around it is not cancelled. As for
  /// ``withDeadline(_:tolerance:operation:)``, the body runs in a child task.
  ///
  /// The corresponding C function is `poll(2)` with `POLLRDHUP`.
  ///
  /// - Parameters:
  ///   - includingHalfClose: Whether a peer that has ended its direction counts as gone.
  ///   - operation: The body.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  public nonisolated(nonsending) func withCancellationOnDisconnect<
    Success: Sendable,
    Failure: Error
  >(
    includingHalfClose: Bool = true,
    @_inheritActorContext operation: @Sendable () async throws(Failure) -> Success
  ) async throws(Failure) -> Success {
    try await stream.registration.withCancellation(
      whenEnded: includingHalfClose ? .incoming : .connection,
      operation
    )
  }
}

extension SeqPacketConnection {
  /// Runs a body, and cancels it the moment the peer is gone.
  ///
  /// As ``SocketConnection/withCancellationOnDisconnect(includingHalfClose:operation:)``. The kernel tells
  /// a close from a half-close here.
  ///
  /// - Parameters:
  ///   - includingHalfClose: Whether a peer that has ended its direction counts as gone.
  ///   - operation: The body.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  public nonisolated(nonsending) func withCancellationOnDisconnect<
    Success: Sendable,
    Failure: Error
  >(
    includingHalfClose: Bool = true,
    @_inheritActorContext operation: @Sendable () async throws(Failure) -> Success
  ) async throws(Failure) -> Success {
    try await stream.registration.withCancellation(
      whenEnded: includingHalfClose ? .incoming : .connection,
      operation
    )
  }
}

extension Registration {
  /// Runs a body, and cancels it when the connection has ended so far.
  ///
  /// - Parameters:
  ///   - end: What has to have ended.
  ///   - operation: The body.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  fileprivate nonisolated(nonsending) func withCancellation<Success: Sendable, Failure: Error>(
    whenEnded end: Poller.Ends,
    _ operation: @Sendable () async throws(Failure) -> Success
  ) async throws(Failure) -> Success {
    // None if the reactor was stopped: then the connection is closed, and the body cancelled from the start.
    let alarm = try? loop.register(nil, initial: .waiting)
    if let alarm { loop.addWatcher(alarm, of: self) }
    defer {
      if let alarm {
        loop.removeWatcher(alarm, of: self)
        alarm.close()
      }
    }
    return try await CancellableBody(alarm: alarm).run(
      deadline: nil,
      isOver: { isClosed || ends.contains(end) },
      operation
    )
  }
}
