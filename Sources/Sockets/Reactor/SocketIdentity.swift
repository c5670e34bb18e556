internal import Synchronization

/// Which socket: what a ``SocketObserver`` and a ``SocketSnapshot`` call it.
///
/// It is a value, and stays good after the socket was closed.
public struct SocketIdentity: Hashable, Sendable, Identifiable {
  /// Its number: 1 for the first socket of the process, and so on; never given out twice.
  public let id: UInt64

  /// What kind of socket it is.
  public let kind: Kind

  /// How the program came by it.
  public let origin: Origin

  /// Since when there is such a socket in the program; for a connection that was made by this end, since
  /// it began to connect.
  public var openedAt: ContinuousClock.Instant { LoopTime.instant(time) }

  /// For how long there has been such a socket, up to now.
  var age: Duration { .nanoseconds(LoopTime.now - time) }

  /// Since when, in ``LoopTime``.
  ///
  /// Not an `Instant`: a class that stores one has no fixed layout.
  private let time: Int64

  /// This end.
  let localName: SocketName

  /// The other end, if the socket has one.
  let remoteName: SocketName?

  init(_ kind: Kind, _ origin: Origin, local: SocketName, remote: SocketName? = nil) {
    id = Self.numbers.add(1, ordering: .relaxed).newValue
    self.kind = kind
    self.origin = origin
    time = LoopTime.now
    localName = local
    remoteName = remote
  }

  /// The last number that was given out.
  private static let numbers = Atomic<UInt64>(0)

  /// The address of this end: a ``SocketAddress`` or a ``UnixAddress``.
  public var localAddress: (any TransportAddress)? { localName.address }

  /// The address of the other end; `nil` for a listener, and for a datagram socket that is not connected.
  public var remoteAddress: (any TransportAddress)? { remoteName?.address }

  /// A kind of socket.
  ///
  /// Its raw value is its name for people.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A ``TCPListener``.
    case tcpListener = "tcp listener"
    /// A ``TCPConnection``.
    case tcpConnection = "tcp connection"
    /// A ``UDPSocket``.
    case udpSocket = "udp socket"
    /// A ``UnixListener``.
    case unixListener = "unix listener"
    /// A ``UnixConnection``.
    case unixConnection = "unix connection"
    /// A ``SeqPacketListener``.
    case seqPacketListener = "seqpacket listener"
    /// A ``SeqPacketConnection``.
    case seqPacketConnection = "seqpacket connection"
    /// A ``UnixDatagramSocket``.
    case unixDatagramSocket = "unix datagram socket"
  }

  /// How a program comes by a socket.
  public enum Origin: String, Hashable, Sendable, CaseIterable {
    /// It was bound: a listener, or a datagram socket that talks to anyone.
    case bound
    /// A listener has accepted it.
    case accepted
    /// It has connected, or is about to.
    case connected
    /// It is one end of a pair.
    case pair
    /// It was a descriptor of someone else's before.
    case adopted
  }
}

extension SocketIdentity.Kind {
  /// Whether it is one end of a connection.
  public var isConnection: Bool {
    switch self {
    case .tcpConnection, .unixConnection, .seqPacketConnection: true
    default: false
    }
  }

  /// Whether it waits for connections.
  public var isListener: Bool { accepted != self }

  /// What a listener of this kind accepts; for others, the same kind.
  var accepted: Self {
    switch self {
    case .tcpListener: .tcpConnection
    case .unixListener: .unixConnection
    case .seqPacketListener: .seqPacketConnection
    default: self
    }
  }

  /// The kind of a Unix-domain socket.
  init(_ kind: Socket.UnixKind, listens: Bool = false) {
    switch kind {
    case .stream: self = listens ? .unixListener : .unixConnection
    case .seqPacket: self = listens ? .seqPacketListener : .seqPacketConnection
    case .datagram: self = .unixDatagramSocket
    }
  }
}

extension SocketIdentity: CustomStringConvertible {
  /// Kind, number and addresses, such as `tcp connection 7 127.0.0.1:7007 -> 127.0.0.1:51934`.
  public var description: String {
    var text = "\(kind.rawValue) \(id)"
    if let localAddress { text += " \(localAddress)" }
    if let remoteAddress { text += " -> \(remoteAddress)" }
    return text
  }
}
