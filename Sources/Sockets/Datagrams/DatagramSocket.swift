/// A datagram socket: messages that arrive whole or not at all, from anyone.
///
/// ```swift
/// let socket = try await UDPSocket.bind(to: .loopback(port: 7007))
/// for try await datagram in socket.datagrams {
///   try await socket.send(datagram.payload, to: datagram.sender)
/// }
/// ```
///
/// A socket that is *connected* has one peer: it sends there unless told otherwise, receives from there
/// only, and learns when nothing listens there. One that is only *bound* talks to anyone; over UDP it
/// never hears of such errors.
///
/// For many small UDP datagrams use ``receiveBatch(into:deadline:)`` and ``sendBatch(_:deadline:)``: one system
/// call for many datagrams, and no allocation for any.
///
/// A socket is a handle: copies of it are the same socket, and when the last one is gone the socket is
/// closed. It may be used from any task.
///
/// - Receiving is for one task at a time. A second call that is begun meanwhile throws
///   ``SocketError/Code-swift.struct/concurrentRead`` and harms nobody.
/// - Several tasks may send at once; they take turns, in the order of the calls. On a Unix-domain socket
///   that is not connected, a receiver whose queue is full holds up nobody who sends to another.
/// - Receiving and sending never block each other.
///
/// Every call that suspends obeys the cancellation of its task and takes a deadline; it has then had no
/// effect. A datagram is sent as a whole or not at all.
public struct DatagramSocket<Transport: DatagramTransport>: Sendable {
  @usableFromInline let port: DatagramPort

  init(_ port: DatagramPort) { self.port = port }

  /// The reactor that watches this socket, for its whole life.
  ///
  /// A task that prefers it as its executor (`addTask(executorPreference:)`) is resumed on the very
  /// thread that sees the socket's readiness.
  public var reactor: Reactor { port.reactor }

  /// Whether the socket was closed.
  public var isClosed: Bool { port.registration.isClosed }

  /// Closes the socket.
  ///
  /// Pending operations of other tasks, and all later ones, throw
  /// ``SocketError/Code-swift.struct/closed``; a sequence of datagrams ends. What was sent still leaves;
  /// what nobody has received is dropped, and so are memberships in multicast groups. The file of a path
  /// is removed, if it is still this socket's own. Closing twice is harmless.
  ///
  /// The corresponding C function is `close(2)`.
  public func close() { port.close() }
}

extension DatagramSocket where Transport == UDP {
  /// The address that the socket is bound to, with the port that the kernel chose if 0 was asked for.
  ///
  /// Stays known after the close.
  public var localAddress: SocketAddress { port.localName.socketAddress }

  /// The peer's address if the socket is connected, else `nil`.
  ///
  /// Stays known after the close.
  public var remoteAddress: SocketAddress? { port.remoteName?.socketAddress }
}

extension DatagramSocket where Transport == UnixDatagram {
  /// The address that the socket is bound to; ``UnixAddress/unnamed`` if it is not.
  ///
  /// Stays known after the close.
  public var localAddress: UnixAddress { port.localName.unixAddress }

  /// The peer's address if the socket is connected, ``UnixAddress/unnamed`` for an end of a pair, else
  /// `nil`.
  ///
  /// Stays known after the close.
  public var remoteAddress: UnixAddress? { port.remoteName?.unixAddress }
}

extension DatagramSocket: Hashable {
  /// Whether both are handles on the same socket.
  ///
  /// - Parameters:
  ///   - left: A socket.
  ///   - right: Another one.
  /// - Returns: Whether they are one.
  public static func == (left: Self, right: Self) -> Bool { left.port === right.port }

  /// Hashes the socket's identity.
  ///
  /// - Parameter hasher: The hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(port)) }
}

/// A UDP socket.
public typealias UDPSocket = DatagramSocket<UDP>

/// A Unix-domain datagram socket.
public typealias UnixDatagramSocket = DatagramSocket<UnixDatagram>
