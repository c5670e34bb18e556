/// What fixes the kind of a socket that listens for connections, or is one: its addresses, and the options
/// that exist for it.
///
/// A phantom: no value of it is ever made.
public protocol ConnectionTransport: Sendable {
  /// What a listener hands out.
  associatedtype Connection: Sendable
}

/// A transport whose connections are streams of bytes.
public protocol StreamTransport: ConnectionTransport where Connection == SocketConnection<Self> {}

/// TCP over IPv4 and IPv6.
public enum TCP: StreamTransport {
  /// One TCP connection.
  public typealias Connection = SocketConnection<TCP>
}

/// Unix-domain stream sockets (unix(7)): between processes of one machine, by way of a path or an
/// abstract name.
///
/// As TCP, with two differences. ``SocketConnection/reset()`` is no more than a close here: the kernel
/// has no way to abort such a stream. And bytes that are written stay readable after the writer
/// has closed; a peer is only told of a reset if *its* bytes were left unread.
public enum Unix: StreamTransport {
  /// One connection of Unix-domain stream sockets.
  public typealias Connection = SocketConnection<Unix>
}

/// Unix-domain seqpacket sockets (unix(7)): as reliable and ordered as ``Unix``, and they keep the boundaries
/// of messages.
public enum SeqPacket: ConnectionTransport {
  /// One connection, which sends and receives whole messages.
  public typealias Connection = SeqPacketConnection
}

/// A listening TCP socket.
public typealias TCPListener = SocketListener<TCP>

/// One TCP connection.
public typealias TCPConnection = SocketConnection<TCP>

/// A listening Unix-domain stream socket.
public typealias UnixListener = SocketListener<Unix>

/// One connection of Unix-domain stream sockets.
public typealias UnixConnection = SocketConnection<Unix>

/// A listening Unix-domain seqpacket socket.
public typealias SeqPacketListener = SocketListener<SeqPacket>
