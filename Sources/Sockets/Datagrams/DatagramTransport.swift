/// What fixes the kind of a datagram socket: its addresses, and the options that exist for it.
///
/// A phantom: no value of it is ever made.
public protocol DatagramTransport: Sendable {}

/// UDP over IPv4 and IPv6 (RFC 768).
public enum UDP: DatagramTransport {}

/// Unix-domain datagram sockets (unix(7)): between processes of one machine, by way of a path or an
/// abstract name.
///
/// Unlike UDP they lose nothing and keep the order: a datagram that was sent is in the receiver's
/// queue. That queue is short, some ten datagrams on many machines (`net.unix.max_dgram_qlen`), and a
/// sender waits until there is room.
public enum UnixDatagram: DatagramTransport {}
