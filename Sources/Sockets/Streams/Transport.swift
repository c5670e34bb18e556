/// What fixes the kind of a stream socket: its addresses, and the options that exist for it.
///
/// A phantom: no value of it is ever made.
public protocol StreamTransport: Sendable {}

/// TCP over IPv4 and IPv6.
public enum TCP: StreamTransport {}

/// Unix-domain stream sockets (unix(7)): between processes of one machine, by way of a path or an
/// abstract name.
///
/// As TCP, with two differences. ``SocketConnection/reset()`` is no more than a close here: the kernel
/// has no way to abort such a stream. And bytes that are written stay readable after the writer
/// has closed; a peer is only told of a reset if *its* bytes were left unread.
public enum Unix: StreamTransport {}

/// Unix-domain seqpacket sockets (unix(7)): as reliable and ordered as streams, and they keep the boundaries
/// of messages.
///
/// A phantom: no value of it is ever made. It fixes the options of ``SeqPacketListener`` and
/// ``SeqPacketConnection``.
public enum SeqPacket: Sendable {}

/// A listening TCP socket.
public typealias TCPListener = SocketListener<TCP>

/// One TCP connection.
public typealias TCPConnection = SocketConnection<TCP>

/// A listening Unix-domain stream socket.
public typealias UnixListener = SocketListener<Unix>

/// One connection of Unix-domain stream sockets.
public typealias UnixConnection = SocketConnection<Unix>
