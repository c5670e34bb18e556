/// What fixes the kind of a datagram socket: its addresses, and the options that exist for it.
///
/// A phantom: no value of it is ever made.
public protocol DatagramTransport: Sendable {
  /// What names one end.
  associatedtype Address: TransportAddress
}

/// UDP over IPv4 and IPv6 (RFC 768).
public enum UDP: DatagramTransport {
  /// An IP address and a port.
  public typealias Address = SocketAddress
}

/// A UDP socket.
public typealias UDPSocket = DatagramSocket<UDP>
