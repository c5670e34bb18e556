extension SocketListener {
  /// Serves every client in a child task of its own, until the listener is drained or closed.
  ///
  /// ```swift
  /// try await listener.serve(maxConnections: 10_000) { connection in
  ///   for try await chunk in connection.chunks { try await connection.write(chunk) }
  /// }
  /// ```
  ///
  /// The listener accepts already, since it was bound: when this is called, clients are served. A
  /// connection is closed when its handler returns or throws. An error that a handler throws ends its
  /// own connection and nothing else.
  ///
  /// Ways to end it:
  ///
  /// - ``drain(grace:)``: serves those whom the kernel has queued, gives the handlers time to end, and
  ///   returns.
  /// - Cancelling the task: accepts nobody any more, cancels the handlers at once, and throws
  ///   `CancellationError` when they have ended; connections whose handlers have not ended after 50
  ///   milliseconds are reset. The listener stays open, and whoever the kernel has queued stays queued:
  ///   it can be served again, or closed.
  /// - ``close()``: accepts nobody any more, and returns when the handlers have ended by themselves.
  ///
  /// In each case no child task is left when it returns. So it waits for a handler that heeds neither its
  /// cancellation nor the failure of its connection.
  ///
  /// - Parameters:
  ///   - maxConnections: The most connections at one time; `nil` for no limit. Clients above it wait in
  ///     the kernel's queue, and above its length the kernel lets them try again; none is accepted to
  ///     be dropped.
  ///   - handlers: Where the handlers run.
  ///   - limits: How long one connection may take.
  ///   - whenExhausted: What to do when descriptors or memory have run out.
  ///   - onFailure: Told of each error that a handler threw, other than by cancellation, from the
  ///     handler's task.
  ///   - handler: Serves one connection.
  /// - Returns: What was done.
  /// - Throws: `CancellationError`, or ``SocketError`` if the listener itself fails.
  @discardableResult
  public nonisolated(nonsending) func serve(
    maxConnections: Int? = nil,
    handlers: HandlerExecutor = .reactor,
    limits: ConnectionLimits = ConnectionLimits(),
    whenExhausted: ExhaustionPolicy = .backOff,
    onFailure: (@Sendable (Transport.Connection, any Error) -> Void)? = nil,
    handler: @escaping @Sendable (Transport.Connection) async throws -> Void
  ) async throws -> ServeReport {
    try await CollectionOfOne(ServedListener(self, onFailure: onFailure, handler: handler)).serve(
      maxConnections: maxConnections,
      handlers: handlers,
      limits: limits,
      whenExhausted: whenExhausted
    )
  }

  /// Ends a ``serve(maxConnections:handlers:limits:whenExhausted:onFailure:handler:)``, or a loop over
  /// ``connections``, in good order.
  ///
  /// From now on:
  ///
  /// 1. The kernel begins no new connection; those it has queued are still handed out, and those whose
  ///    handshake has begun. Over TCP, a client that comes now asks again after a second, and is refused.
  /// 2. The listening socket is closed, over a network after 300 milliseconds or half the grace, within
  ///    the machine at once. ``connections`` ends.
  /// 3. Every connection of this listener knows: ``SocketConnection/isDraining``,
  ///    ``SocketConnection/waitUntilDraining(deadline:)``,
  ///    ``SocketConnection/waitUntilReadableOrDraining(deadline:)``.
  /// 4. `serve` waits for its handlers until the grace is over, then cancels them, then, 50 milliseconds
  ///    later, resets the connections of those that still run.
  ///
  /// A listener that was adopted may be somebody else's as well, as with a service manager, so nobody is refused by way
  /// of its socket: who is in its queue is served, it is closed here when that is empty, and later clients are left to
  /// the other holders. If there are none, one whose handshake has begun by then is reset.
  ///
  /// So a client is either served or refused; none is reset after it was connected, unless its turn does not
  /// come before the grace is over. Returns at once. Calling it again with a shorter grace shortens it.
  ///
  /// The corresponding C functions are `setsockopt(2)` with `SO_ATTACH_FILTER`, or `shutdown(2)` for a
  /// Unix-domain socket, `accept4(2)` and `close(2)`.
  ///
  /// - Parameter grace: How long handlers may go on; zero or less cancels them at once.
  public func drain(grace: Duration) { acceptor.drain(until: .now + grace) }
}

extension Collection {
  /// Serves the clients of several listeners of one kind with one handler, such as those of all addresses
  /// of a name.
  ///
  /// ```swift
  /// let listeners = try await TCPListener.bind(to: "localhost", port: 7007)
  /// try await listeners.serve(maxConnections: 10_000) { connection in … }
  /// ```
  ///
  /// As ``SocketListener/serve(maxConnections:handlers:limits:whenExhausted:onFailure:handler:)``, of all
  /// listeners together: one limit of connections, one report. A listener that is drained or closed by
  /// itself ends by itself; the others go on. If one of them fails, all are cancelled.
  ///
  /// - Parameters:
  ///   - maxConnections: The most connections at one time, of all listeners together; `nil` for no limit.
  ///   - handlers: Where the handlers run.
  ///   - limits: How long one connection may take.
  ///   - whenExhausted: What to do when descriptors or memory have run out.
  ///   - onFailure: Told of each error that a handler threw, other than by cancellation.
  ///   - handler: Serves one connection.
  /// - Returns: What was done.
  /// - Throws: `CancellationError`, or ``SocketError`` if a listener itself fails.
  @discardableResult
  public nonisolated(nonsending) func serve<Transport>(
    maxConnections: Int? = nil,
    handlers: HandlerExecutor = .reactor,
    limits: ConnectionLimits = ConnectionLimits(),
    whenExhausted: ExhaustionPolicy = .backOff,
    onFailure: (@Sendable (Transport.Connection, any Error) -> Void)? = nil,
    handler: @escaping @Sendable (Transport.Connection) async throws -> Void
  ) async throws -> ServeReport where Element == SocketListener<Transport> {
    try await map { ServedListener($0, onFailure: onFailure, handler: handler) }.serve(
      maxConnections: maxConnections,
      handlers: handlers,
      limits: limits,
      whenExhausted: whenExhausted
    )
  }

  /// Ends the `serve` of all listeners, or loops over their connections, in good order.
  ///
  /// As ``SocketListener/drain(grace:)``, with one grace for all.
  ///
  /// - Parameter grace: How long handlers may go on; zero or less cancels them at once.
  public func drain<Transport>(grace: Duration) where Element == SocketListener<Transport> {
    let deadline = ContinuousClock.now + grace
    for listener in self { listener.acceptor.drain(until: deadline) }
  }
}
