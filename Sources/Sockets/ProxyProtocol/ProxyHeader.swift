/// What a proxy says in front of a connection that it passes on: between whom the connection really is.
///
/// ```swift
/// try await listener.serve { connection in
///   guard let header = try await connection.receiveProxyHeader() else { return }
///   let client = header.source ?? connection.remoteAddress
///   …
/// }
/// ```
///
/// A proxy in TCP mode hides its clients: to the server, every connection comes from the proxy. In the
/// PROXY protocol the proxy writes this header before the first byte of the client's.
///
/// **Trust.** Whoever can connect can write such a header. Ask for one only where nobody but your own
/// proxies can connect, or look at `remoteAddress` first, which stays that of the
/// proxy. A port takes the header from everybody or from nobody: nothing here guesses, since a server
/// that takes it when it happens to be there lets any client choose its address.
///
/// The specification is `proxy-protocol.txt` of HAProxy, versions 1 and 2.
public struct ProxyHeader: Hashable, Sendable {
  /// A form of the header.
  public enum Version: Sendable, CaseIterable {
    /// One line of text, for TCP over IPv4 and IPv6 only.
    case v1
    /// Binary, with ``ProxyHeader/fields`` for more than addresses.
    case v2
  }

  /// Between whom the connection is.
  public enum Endpoints: Hashable, Sendable {
    /// It is the proxy's own, such as a health check: its ends are those of the socket.
    case local
    /// It is passed on for somebody whom the proxy cannot name.
    case unknown
    /// It is passed on for a client with an IP address.
    ///
    /// - source: The client.
    /// - destination: Where the client has connected to.
    case ip(source: SocketAddress, destination: SocketAddress)
    /// It is passed on for a client on a Unix-domain socket.
    ///
    /// - source: The client.
    /// - destination: Where the client has connected to.
    case unix(source: UnixAddress, destination: UnixAddress)
  }

  /// The form.
  public var version: Version

  /// Between whom the connection is.
  public var endpoints: Endpoints

  /// Whether the client talks to the proxy in datagrams.
  public var isDatagram: Bool

  /// What else the proxy says, in its order; version 2 only.
  ///
  /// A received header keeps those that it does not know, and loses padding and the checksum. There
  /// is at most one of each of the kinds that have a name in ``Field/Kind``.
  public var fields: [Field]

  /// Whether there is a checksum (CRC32c) over the header; version 2 only.
  ///
  /// In a received header: there was one, and it was right.
  public var hasChecksum: Bool

  /// Creates a header.
  ///
  /// - Parameters:
  ///   - endpoints: Between whom the connection is.
  ///   - version: The form.
  ///   - isDatagram: Whether the client talks in datagrams.
  ///   - fields: What else to say; version 2 only.
  ///   - hasChecksum: Whether to send a checksum; version 2 only.
  public init(
    _ endpoints: Endpoints,
    version: Version = .v2,
    isDatagram: Bool = false,
    fields: [Field] = [],
    hasChecksum: Bool = false
  ) {
    self.endpoints = endpoints
    self.version = version
    self.isDatagram = isDatagram
    self.fields = fields
    self.hasChecksum = hasChecksum
  }

  /// The client's IP address and port; `nil` if the header names none.
  @inline(never)  // Swift 6.3.1's optimizer crashes when it inlines this into an async caller
  public var source: SocketAddress? {
    if case .ip(let source, _) = endpoints { source } else { nil }
  }

  /// The IP address and port that the client has connected to; `nil` if the header names none.
  @inline(never)  // Swift 6.3.1's optimizer crashes when it inlines this into an async caller
  public var destination: SocketAddress? {
    if case .ip(_, let destination) = endpoints { destination } else { nil }
  }
}

extension ProxyHeader {
  /// A header on the heap, to be kept by a connection.
  final class Box: Sendable {
    let header: ProxyHeader
    init(_ header: ProxyHeader) { self.header = header }
  }

  /// What is wrong with bytes that should be a header.
  struct Malformed: Error, Equatable {
    let detail: String
    init(_ detail: String) { self.detail = detail }
  }
}
