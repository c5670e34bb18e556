/// A listener, and what serves its clients: for a server on several listeners of different kinds.
///
/// ```swift
/// let listeners = [
///   ServedListener(tcp) { connection in try await echo(connection) },
///   ServedListener(unix) { connection in try await echo(connection) },
/// ]
/// try await listeners.serve(maxConnections: 10_000)
/// ```
///
/// A single listener, and several of one kind, have a `serve` of their own.
public struct ServedListener: Sendable {
  /// The listener.
  let acceptor: Acceptor

  /// Begins to serve a connection, in a child task of its own.
  ///
  /// The handler is called by the child task itself, with no layer in between: each would cost memory for as
  /// long as the connection lasts.
  let start: @Sendable (AcceptLoop.Admitted, any TaskExecutor, inout AcceptLoop.Group) -> Void

  /// Joins a listener and its handler.
  ///
  /// - Parameters:
  ///   - listener: The listener.
  ///   - onFailure: Told of each error that the handler threw, other than by cancellation, from the
  ///     handler's task.
  ///   - handler: Serves one connection, which is closed when it returns or throws.
  public init<Transport>(
    _ listener: SocketListener<Transport>,
    onFailure: (@Sendable (Transport.Connection, any Error) -> Void)? = nil,
    handler: @escaping @Sendable (Transport.Connection) async throws -> Void
  ) {
    acceptor = listener.acceptor
    let handler = Handler(make: listener.connection, handle: handler, onFailure: onFailure)
    start = { admitted, executor, group in
      group.addTask(executorPreference: executor) {
        let connection = handler.make(admitted.stream)
        let outcome: Serving.Outcome
        do {
          admitted.begin()
          try await handler.handle(connection)
          outcome = .completed
        } catch {
          outcome = handler.outcome(connection, error)
        }
        admitted.end(outcome)
      }
    }
  }

  /// What serves the connections of one listener.
  private final class Handler<Connection: Sendable>: Sendable {
    let make: @Sendable (Stream) -> Connection
    let handle: @Sendable (Connection) async throws -> Void
    let onFailure: (@Sendable (Connection, any Error) -> Void)?

    init(
      make: @escaping @Sendable (Stream) -> Connection,
      handle: @escaping @Sendable (Connection) async throws -> Void,
      onFailure: (@Sendable (Connection, any Error) -> Void)?
    ) {
      self.make = make
      self.handle = handle
      self.onFailure = onFailure
    }

    /// Judges the error that a handler has ended with, and tells of it.
    func outcome(_ connection: Connection, _ error: any Error) -> Serving.Outcome {
      if error is CancellationError || Task.isCancelled { return .cancelled }
      onFailure?(connection, error)
      return .failed
    }
  }
}

extension Collection where Element == ServedListener {
  /// Serves the clients of all listeners, each in a child task of its own, until every listener is drained
  /// or closed.
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
  /// - Returns: What was done.
  /// - Throws: `CancellationError`, or ``SocketError`` if a listener itself fails.
  @discardableResult
  public nonisolated(nonsending) func serve(
    maxConnections: Int? = nil,
    handlers: HandlerExecutor = .reactor,
    limits: ConnectionLimits = ConnectionLimits(),
    whenExhausted: ExhaustionPolicy = .backOff
  ) async throws -> ServeReport {
    precondition(maxConnections ?? 1 > 0, "a server needs room for at least one connection")
    let serving = Serving(limit: maxConnections)
    // On a reactor itself: Swift's task pool, once it runs, wakes every second to look after itself.
    let failure = await withTaskExecutorPreference(first?.acceptor.reactor) {
      await withTaskGroup(of: (any Error)?.self) { group in
        for listener in self {
          group.addTask(executorPreference: listener.acceptor.reactor) {
            do throws(OperationFailure) {
              let loop = try AcceptLoop(listener.acceptor, serving, whenExhausted)
              try await loop.run(handlers, limits, start: listener.start).get()
              return nil
            } catch {
              return error.error(.accept, localAddress: listener.acceptor.localName.address)
            }
          }
        }
        var first: (any Error)?
        for await failure in group where failure != nil {
          first = first ?? failure
          group.cancelAll()
        }
        return first
      }
    }
    if let failure { throw failure }
    return serving.report
  }

  /// Ends the ``serve(maxConnections:handlers:limits:whenExhausted:)`` of all listeners in good order.
  ///
  /// As ``SocketListener/drain(grace:)``, with one grace for all.
  ///
  /// - Parameter grace: How long handlers may go on; zero or less cancels them at once.
  public func drain(grace: Duration) {
    let deadline = ContinuousClock.now + grace
    for listener in self { listener.acceptor.drain(until: deadline) }
  }
}
