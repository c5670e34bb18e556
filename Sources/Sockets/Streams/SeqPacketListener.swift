/// A listening Unix-domain seqpacket socket: it hands out one connection for each client.
///
/// As ``SocketListener``, whose connections are streams of bytes; these keep the boundaries of messages.
public struct SeqPacketListener: Sendable {
  let acceptor: Acceptor

  init(_ acceptor: Acceptor) { self.acceptor = acceptor }

  /// Makes a Unix-domain seqpacket socket, names it, and starts to listen.
  ///
  /// As ``SocketListener/bind(to:existing:mode:backlog:on:configure:)``.
  ///
  /// - Parameters:
  ///   - address: Where to listen.
  ///   - existing: What to do when something has the path already.
  ///   - mode: The permissions of the path's file, less the process's umask; `nil` for `0o777`.
  ///   - backlog: How many clients the kernel queues that nobody has accepted yet; `nil` for as many as
  ///     it is configured to allow.
  ///   - reactors: The reactors that accepted connections are given to in turn; the first one watches
  ///     the listener. `nil` for the shared ones.
  ///   - configure: Sets options of the socket that is about to be bound to the address.
  /// - Returns: The listener.
  /// - Throws: As ``SocketListener/bind(to:existing:mode:backlog:on:configure:)``.
  public nonisolated(nonsending) static func bind(
    to address: UnixAddress,
    existing: ExistingPath = .fail,
    mode: UInt16? = nil,
    backlog: Int? = nil,
    on reactors: [Reactor]? = nil,
    configure: (borrowing UnconnectedSocket<SeqPacket>, UnixAddress) throws -> Void = { _, _ in }
  ) async throws -> SeqPacketListener {
    SeqPacketListener(
      try await Acceptor.bind(
        .seqPacket,
        to: address,
        existing: existing,
        mode: mode,
        backlog: backlog,
        on: reactors,
        configure: configure
      )
    )
  }

  /// The reactor that watches the listener.
  public var reactor: Reactor { acceptor.reactor }

  /// The address that the listener is bound to.
  public var localAddress: UnixAddress { acceptor.localName.unixAddress }

  /// Whether the listener was closed.
  public var isClosed: Bool { acceptor.registration.isClosed }

  /// Takes the next connection.
  ///
  /// Suspends until a client has connected. If cancelled, or out of time, no connection is lost.
  ///
  /// The corresponding C function is `accept4(2)`.
  ///
  /// - Parameter deadline: When to give up waiting; `nil` for never.
  /// - Returns: The connection.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/closed``.
  public nonisolated(nonsending) func accept(
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> SeqPacketConnection {
    let stream: Stream
    do throws(OperationFailure) {
      stream = try await acceptor.accept(deadline: deadline)
    } catch {
      throw error.error(.accept, localAddress: localAddress)
    }
    return try SeqPacketConnection(stream)
  }

  /// The connections of all clients, one after the other, until the listener is closed.
  ///
  /// As ``SocketListener/connections``.
  public var connections: Connections { Connections(listener: self) }

  /// Stops listening, and removes the path's file if it is still this listener's own.
  ///
  /// As ``SocketListener/close()``.
  public func close() { acceptor.close() }

  /// The connections of a listener, as an asynchronous sequence.
  public struct Connections: AsyncSequence, Sendable {
    let listener: SeqPacketListener

    /// Begins to iterate.
    ///
    /// - Returns: An iterator, for one task.
    public func makeAsyncIterator() -> Iterator { Iterator(listener: listener) }

    /// The position in the sequence: for one task.
    public struct Iterator: AsyncIteratorProtocol {
      let listener: SeqPacketListener

      /// Waits for the next connection.
      ///
      /// - Parameter actor: The caller's isolation.
      /// - Returns: The connection, or `nil` once the listener is closed.
      /// - Throws: `CancellationError`, or ``SocketError``.
      public mutating func next(
        isolation actor: isolated (any Actor)? = #isolation
      ) async throws -> SeqPacketConnection? {
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
extension SeqPacketListener.Connections.Iterator: Sendable {}
