/// A bound, listening socket: it hands out one connection for each client.
///
/// ```swift
/// let listener = try await TCPListener.bind(to: .loopback(port: 7007))
/// try await withThrowingDiscardingTaskGroup { group in
///   for try await connection in listener.connections {
///     group.addTask { … }
///   }
/// }
/// ```
///
/// Nothing is accepted that nobody asked for: clients that no ``accept(deadline:)`` has taken wait in
/// the kernel's queue, up to the backlog. One client's failure ends neither the listener nor its
/// sequence. When the process runs out of descriptors or memory, accepting pauses: it is tried again
/// after 10 milliseconds that double up to one second; for want of descriptors also whenever the library
/// closes one.
///
/// A listener is a handle: copies of it are the same listener, and when the last one is gone it is
/// closed. It may be used from any task; several tasks that accept at once take turns.
public struct SocketListener<Transport: ConnectionTransport>: Sendable {
  /// What watches the socket and accepts.
  let acceptor: Acceptor

  /// Makes what users see of an accepted connection.
  let connection: @Sendable (Stream) -> Transport.Connection

  init(_ acceptor: Acceptor, connection: @escaping @Sendable (Stream) -> Transport.Connection) {
    self.acceptor = acceptor
    self.connection = connection
  }

  /// The reactor that watches the listener.
  ///
  /// Accepted connections have one of their own.
  public var reactor: Reactor { acceptor.reactor }

  /// Whether the listener was closed.
  public var isClosed: Bool { acceptor.registration.isClosed }

  /// Takes the next connection.
  ///
  /// Suspends until a client has connected. If cancelled, or out of time, no connection is lost: it
  /// stays in the kernel's queue.
  ///
  /// The corresponding C function is `accept4(2)`.
  ///
  /// - Parameter deadline: When to give up waiting; `nil` for never.
  /// - Returns: The connection. Its client may be gone already: then its first read or write says so.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/closed``.
  public nonisolated(nonsending) func accept(
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Transport.Connection {
    do throws(OperationFailure) {
      return connection(try await acceptor.accept(deadline: deadline))
    } catch {
      throw error.error(.accept, localAddress: acceptor.localName.address)
    }
  }

  /// The connections of all clients, one after the other, until the listener is closed.
  ///
  /// The iterator is for one task and accepts only when asked for the next connection, so leaving the
  /// loop loses nothing. Closing the listener ends the sequence; cancelling the task throws
  /// `CancellationError`.
  public var connections: Connections { Connections(listener: self) }

  /// Stops listening.
  ///
  /// Pending and later calls of ``accept(deadline:)`` throw ``SocketError/Code-swift.struct/closed``;
  /// ``connections`` ends. Clients that the kernel has queued and nobody has accepted are reset.
  /// Accepted connections are not affected. Closing twice is harmless.
  ///
  /// The corresponding C function is `close(2)`.
  public func close() { acceptor.close() }

  /// The connections of a listener, as an asynchronous sequence.
  public struct Connections: AsyncSequence, Sendable {
    let listener: SocketListener

    /// Begins to iterate.
    ///
    /// - Returns: An iterator, for one task.
    public func makeAsyncIterator() -> Iterator { Iterator(listener: listener) }

    /// The position in the sequence: for one task.
    public struct Iterator: AsyncIteratorProtocol {
      let listener: SocketListener

      /// Waits for the next connection.
      ///
      /// - Parameter actor: The caller's isolation.
      /// - Returns: The connection, or `nil` once the listener is closed.
      /// - Throws: `CancellationError`, or ``SocketError``.
      public nonisolated(nonsending) mutating func next(
        isolation actor: (any Actor)? = #isolation
      ) async throws -> Transport.Connection? {
        do {
          return try await listener.accept()
        } catch let error as SocketError where error.code == .closed {
          return nil
        }
      }
    }
  }
}

@available(*, unavailable)
extension SocketListener.Connections.Iterator: Sendable {}

extension SocketListener where Transport: StreamTransport {
  init(_ acceptor: Acceptor) {
    self.init(acceptor) { stream in SocketConnection<Transport>(stream) }
  }
}

extension SocketListener where Transport == TCP {
  /// The address that the listener is bound to, with the port that the kernel chose if 0 was asked
  /// for.
  ///
  /// Stays known after the close.
  public var localAddress: SocketAddress { acceptor.localName.socketAddress }
}
