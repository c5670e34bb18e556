/// A connected stream socket: the pair of two addresses, and the bytes between them.
///
/// ```swift
/// for try await chunk in connection.chunks {
///   try await connection.write(chunk)
/// }
/// connection.close()
/// ```
///
/// A connection is a handle: copies of it are the same connection, and when the last one is gone the
/// connection is closed. It may be used from any task.
///
/// - Reading is for one task at a time. A second read that is begun meanwhile throws
///   ``SocketError/Code-swift.struct/concurrentRead`` and harms nobody.
/// - Writes of several tasks go out whole, in the order of the calls.
/// - Reading and writing never block each other.
///
/// Every call that suspends obeys the cancellation of its task and takes a deadline. A deadline is when
/// to stop waiting: one that has passed already means not to wait at all, and then a read may miss what
/// arrived a moment ago. What was cancelled has had no effect and throws `CancellationError`; only a
/// write of which the kernel had already taken a part says so, in a ``SocketError``. The connection can
/// be used further either way.
public struct SocketConnection<Transport: StreamTransport>: Sendable {
  @usableFromInline let stream: Stream

  init(_ stream: Stream) { self.stream = stream }

  /// The reactor that watches this connection, for its whole life.
  ///
  /// A task that prefers it as its executor (`addTask(executorPreference:)`) is resumed on the very
  /// thread that sees the connection's readiness.
  public var reactor: Reactor { stream.reactor }

  /// Whether the connection was closed by this end.
  public var isClosed: Bool { stream.registration.isClosed }

  /// Ends the outgoing stream: the peer reads everything that was written, and then the end.
  ///
  /// Waits for writes that were begun before. What the peer still sends can be read. Finishing twice
  /// is harmless; a write after it throws ``SocketError/Code-swift.struct/brokenPipe``.
  ///
  /// The corresponding C function is `shutdown(2)` with `SHUT_WR`.
  ///
  /// - Parameter deadline: When to give up waiting for earlier writes; `nil` for never.
  /// - Throws: `CancellationError` or ``SocketError``; the stream is then not ended.
  public nonisolated(nonsending) func finish(
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.finish(deadline: deadline)
  }

  /// Closes the connection, in good order: what was written still reaches the peer.
  ///
  /// Pending operations of other tasks, and all later ones, throw
  /// ``SocketError/Code-swift.struct/closed``. Closing twice is harmless. If the peer has sent bytes
  /// that were not read, the kernel resets the connection, and the peer may then lose the end of what
  /// was written: see ``closeGracefully(deadline:)``.
  ///
  /// The corresponding C function is `close(2)`.
  public func close() { stream.registration.close() }

  /// Aborts the connection: the peer's next read or write fails with a reset.
  ///
  /// What was written and not yet delivered is thrown away. Otherwise as ``close()``.
  ///
  /// The corresponding C functions are `setsockopt(2)` with `SO_LINGER` of zero seconds, and `close(2)`.
  public func reset() { stream.reset() }
}

extension SocketConnection where Transport == TCP {
  /// This end's address.
  ///
  /// Stays known after the close.
  public var localAddress: SocketAddress { stream.localName.socketAddress }

  /// The peer's address.
  ///
  /// Stays known after the close.
  ///
  /// A listener on `::` that accepts both families reports an IPv4 peer as an IPv4-mapped IPv6 address.
  public var remoteAddress: SocketAddress { stream.remoteName.socketAddress }
}

extension SocketConnection: Hashable {
  /// Whether both are handles on the same connection.
  ///
  /// - Parameters:
  ///   - left: A connection.
  ///   - right: Another one.
  /// - Returns: Whether they are one.
  public static func == (left: Self, right: Self) -> Bool { left.stream === right.stream }

  /// Hashes the connection's identity.
  ///
  /// - Parameter hasher: The hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(stream)) }
}
