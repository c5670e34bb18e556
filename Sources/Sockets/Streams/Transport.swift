/// What fixes the kind of a stream socket: its addresses, and the options that exist for it.
///
/// A phantom: no value of it is ever made.
public protocol StreamTransport: Sendable {}

/// TCP over IPv4 and IPv6.
public enum TCP: StreamTransport {}

/// A listening TCP socket.
public typealias TCPListener = SocketListener<TCP>

/// One TCP connection.
public typealias TCPConnection = SocketConnection<TCP>
