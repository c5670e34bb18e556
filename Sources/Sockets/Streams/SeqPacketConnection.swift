/// A connected Unix-domain seqpacket socket: as reliable and ordered as a stream, and it keeps the
/// boundaries of messages.
///
/// ```swift
/// for try await message in connection.messages() {
///   try await connection.send(message.payload)
/// }
/// ```
///
/// A connection is a handle: copies of it are the same connection, and when the last one is gone the
/// connection is closed. Receiving is for one task at a time; messages of several tasks go out in the
/// order of the calls; receiving and sending never block each other.
///
/// The corresponding C type is a socket of `AF_UNIX` and `SOCK_SEQPACKET` (unix(7)).
public struct SeqPacketConnection: Sendable {
  let stream: Stream

  init(_ stream: Stream) throws {
    try stream.markMessages()
    self.stream = stream
  }

  /// Takes over a connection that a listener has accepted: one client's failure, though the kernel knows
  /// none here, is for its own connection to report.
  init(accepted stream: Stream) {
    do {
      try stream.markMessages()
    } catch {
      stream.registration.close()
    }
    self.stream = stream
  }

  /// A message as it has arrived.
  public struct Message: Hashable, Sendable {
    /// The payload, 0 bytes or more; its beginning if the message ``isTruncated``.
    public var payload: [UInt8]

    /// The payload's length as it was sent, in bytes.
    public var length: Int

    /// Whether the payload was longer than the room for it; the rest is lost.
    public var isTruncated: Bool { length > payload.count }
  }

  /// Connects to a Unix-domain address.
  ///
  /// As ``SocketConnection/connect(to:deadline:on:configure:)-(UnixAddress,_,_,_)``.
  ///
  /// - Parameters:
  ///   - address: The address of the server.
  ///   - deadline: When to give up; `nil` for never.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: Sets options of the socket that is about to connect to the address.
  /// - Returns: The connection.
  /// - Throws: `CancellationError`, or ``SocketError`` that names the address; or the error of
  ///   `configure`.
  public nonisolated(nonsending) static func connect(
    to address: UnixAddress,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<SeqPacket>, UnixAddress) throws -> Void = { _, _ in }
  ) async throws -> SeqPacketConnection {
    try SeqPacketConnection(
      try await Stream.connect(
        .seqPacket,
        to: address,
        deadline: deadline,
        on: reactor,
        configure: configure
      )
    )
  }

  /// Connects to a Unix-domain address for the time of a scope.
  ///
  /// - Parameters:
  ///   - address: The address of the server.
  ///   - deadline: When to give up connecting; it does not apply to the body.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared ones.
  ///   - configure: Sets options of the socket that is about to connect to the address.
  ///   - body: What to do with the connection.
  /// - Returns: The body's result.
  /// - Throws: As ``connect(to:deadline:on:configure:)``, or the body's error.
  @inlinable
  public nonisolated(nonsending) static func connect<Result>(
    to address: UnixAddress,
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil,
    configure: (borrowing UnconnectedSocket<SeqPacket>, UnixAddress) throws -> Void = { _, _ in },
    body: nonisolated(nonsending) (SeqPacketConnection) async throws -> Result
  ) async throws -> Result {
    let connection = try await connect(
      to: address,
      deadline: deadline,
      on: reactor,
      configure: configure
    )
    defer { connection.close() }
    return try await body(connection)
  }

  /// Two connections that are connected to each other, without a name and a listener.
  ///
  /// The corresponding C function is `socketpair(2)`.
  ///
  /// - Parameter reactor: The reactor of both; `nil` for the next of the shared ones.
  /// - Returns: Both ends.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  public static func pair(
    on reactor: Reactor? = nil
  ) throws -> (SeqPacketConnection, SeqPacketConnection) {
    let (first, second) = try Stream.pair(.seqPacket, on: reactor)
    return (try SeqPacketConnection(first), try SeqPacketConnection(second))
  }

  /// The reactor that watches this connection, for its whole life.
  public var reactor: Reactor { stream.reactor }

  /// Whether the connection was closed by this end.
  public var isClosed: Bool { stream.registration.isClosed }

  /// This end's address: that of the listener, or ``UnixAddress/unnamed`` at a client's end.
  public var localAddress: UnixAddress { stream.localName.unixAddress }

  /// The peer's address: ``UnixAddress/unnamed`` for most clients.
  public var remoteAddress: UnixAddress { stream.remoteName.unixAddress }

  /// The process at the other end, as the kernel vouches for it.
  ///
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``.
  public var peerCredentials: PeerCredentials {
    get throws { try stream.peerCredentials() }
  }

  /// Ends the outgoing messages: the peer receives all that were sent, and then the end.
  ///
  /// As ``SocketConnection/finish(deadline:)``.
  ///
  /// - Parameter deadline: When to give up waiting for earlier messages; `nil` for never.
  /// - Throws: `CancellationError` or ``SocketError``; the outgoing side is then not ended.
  public nonisolated(nonsending) func finish(
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.finish(deadline: deadline)
  }

  /// Closes the connection: what was sent still reaches the peer.
  ///
  /// Pending operations of other tasks, and all later ones, throw
  /// ``SocketError/Code-swift.struct/closed``. Closing twice is harmless.
  public func close() { stream.registration.close() }
}

extension SeqPacketConnection: Hashable {
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
