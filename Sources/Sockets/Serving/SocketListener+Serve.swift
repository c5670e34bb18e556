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
  /// - Cancelling the task: cancels the handlers at once, waits for them, throws `CancellationError`.
  /// - ``close()``: accepts nobody any more, and returns when the handlers have ended by themselves.
  ///
  /// In each case no child task is left when it returns.
  ///
  /// - Parameters:
  ///   - maxConnections: The most connections at one time; `nil` for no limit. Clients above it wait in
  ///     the kernel's queue, and above its length the kernel lets them try again; none is accepted to
  ///     be dropped.
  ///   - handlers: Where the handlers run.
  ///   - limits: How long one connection may take.
  ///   - onFailure: Told of each error that a handler threw, other than `CancellationError`, from the
  ///     handler's task.
  ///   - handler: Serves one connection.
  /// - Returns: What was done.
  /// - Throws: `CancellationError`, or ``SocketError`` if the listener itself fails.
  @discardableResult
  public nonisolated(nonsending) func serve(
    maxConnections: Int? = nil,
    handlers: HandlerExecutor = .reactor,
    limits: ConnectionLimits = ConnectionLimits(),
    onFailure: (@Sendable (SocketConnection<Transport>, any Error) -> Void)? = nil,
    handler: @escaping @Sendable (SocketConnection<Transport>) async throws -> Void
  ) async throws -> ServeReport {
    precondition(maxConnections ?? 1 > 0, "a server needs room for at least one connection")
    do throws(OperationFailure) {
      let serving = try Serving(acceptor, maxConnections: maxConnections)
      try await withTaskExecutorPreference(reactor) { () async throws(OperationFailure) in
        try await serve(serving, handlers, limits) { connection in
          do {
            try await handler(connection)
            return .completed
          } catch is CancellationError {
            return .cancelled
          } catch {
            onFailure?(connection, error)
            return .failed
          }
        }
      }
      return serving.report
    } catch {
      throw error.error(.accept, localAddress: acceptor.localName.address)
    }
  }

  /// Ends a ``serve(maxConnections:handlers:limits:onFailure:handler:)``, or a loop over ``connections``, in
  /// good order.
  ///
  /// From now on:
  ///
  /// 1. The kernel completes no new connection; those it has queued are still handed out.
  /// 2. The listening socket is closed. ``connections`` ends.
  /// 3. Every connection of this listener knows: ``SocketConnection/isDraining``,
  ///    ``SocketConnection/waitUntilDraining(deadline:)``.
  /// 4. `serve` waits for its handlers until the grace is over, then cancels them, then, 50 milliseconds
  ///    later, resets the connections of those that still run.
  ///
  /// Returns at once. Calling it again with a shorter grace shortens it.
  ///
  /// - Parameter grace: How long handlers may go on; zero or less cancels them at once.
  public func drain(grace: Duration) { acceptor.drain(until: .now + grace) }

  private nonisolated(nonsending) func serve(
    _ serving: Serving,
    _ handlers: HandlerExecutor,
    _ limits: ConnectionLimits,
    handler: @escaping @Sendable (SocketConnection<Transport>) async -> Serving.Outcome
  ) async throws(OperationFailure) {
    let result = await withDiscardingTaskGroup { group -> Result<Void, OperationFailure> in
      do throws(OperationFailure) {
        while try await serving.waitForRoom(), let stream = try await acceptor.next() {
          stream.registration.limits.set(idle: limits.idle, lifetime: limits.lifetime)
          let token = serving.begin(stream)
          group.addTask(executorPreference: handlers.executor(for: stream)) {
            let connection = SocketConnection<Transport>(stream)
            var outcome = Serving.Outcome.failed
            if await stream.waitForFirstByte(limits.firstByte) {
              outcome = await handler(connection)
            }
            connection.close()
            serving.end(token, outcome, isDraining: connection.isDraining)
          }
        }
        if try await serving.waitUntilEmpty() { return .success(()) }
        // The grace is over: cancel the handlers, and abort what does not end even so.
        acceptor.close()
        group.cancelAll()
        let atLast = ContinuousClock.now + .milliseconds(50)
        if try await !serving.waitUntilEmpty(deadline: atLast) { serving.resetAll() }
        return .success(())
      } catch {
        group.cancelAll()
        return .failure(error)
      }
    }
    try result.get()
  }
}
