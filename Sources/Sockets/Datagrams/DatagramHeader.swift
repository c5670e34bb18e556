/// What is known about a received datagram, apart from its payload.
///
/// Over UDP it is a value without references: it costs no allocation.
public struct DatagramHeader<Transport: DatagramTransport>: Sendable, Hashable {
  /// What it shows.
  @usableFromInline var fields: MessageHeader

  @inlinable init(_ fields: MessageHeader) { self.fields = fields }

  /// The payload's length as it was sent, in bytes.
  public var length: Int {
    get { fields.length }
    set { fields.length = newValue }
  }

  /// How many bytes of the payload were received, `0...length`.
  public var payloadLength: Int {
    get { fields.payloadLength }
    set { fields.payloadLength = newValue }
  }

  /// Whether the payload was longer than the room for it; the rest is lost (`MSG_TRUNC`).
  public var isTruncated: Bool { payloadLength < length }
}

extension DatagramHeader where Transport == UDP {
  /// Creates a header: for tests.
  ///
  /// - Parameters:
  ///   - sender: Where the datagram came from.
  ///   - length: The payload's length as it was sent, in bytes.
  ///   - payloadLength: How many bytes of the payload were received; `nil` for all.
  ///   - metadata: Where it was sent to, and what the network tells about it.
  public init(
    sender: SocketAddress,
    length: Int,
    payloadLength: Int? = nil,
    metadata: DatagramMetadata = DatagramMetadata()
  ) {
    fields = MessageHeader(from: .ip(sender))
    fields.length = length
    fields.payloadLength = payloadLength ?? length
    fields.metadata = metadata
  }

  /// Where the datagram came from: an answer goes there.
  ///
  /// A socket for both families reports an IPv4 sender as an IPv4-mapped IPv6 address.
  public var sender: SocketAddress {
    get { fields.name.socketAddress }
    set { fields.name = .ip(newValue) }
  }

  /// Where it was sent to, and what the network tells about it.
  public var metadata: DatagramMetadata {
    get { fields.metadata }
    set { fields.metadata = newValue }
  }
}

extension DatagramHeader where Transport == UnixDatagram {
  /// Creates a header: for tests.
  ///
  /// - Parameters:
  ///   - sender: Where the datagram came from.
  ///   - length: The payload's length as it was sent, in bytes.
  ///   - payloadLength: How many bytes of the payload were received; `nil` for all.
  ///   - credentials: The process that sent it.
  public init(
    sender: UnixAddress,
    length: Int,
    payloadLength: Int? = nil,
    credentials: PeerCredentials? = nil
  ) {
    fields = MessageHeader(from: .unix(sender))
    fields.length = length
    fields.payloadLength = payloadLength ?? length
    fields.credentials = credentials
  }

  /// Where the datagram came from: an answer goes there, unless it is ``UnixAddress/unnamed``.
  public var sender: UnixAddress {
    get { fields.name.unixAddress }
    set { fields.name = .unix(newValue) }
  }

  /// The process that sent it, as the kernel vouches for it.
  ///
  /// `nil` unless the socket asks for it: ``SocketOption/receivesCredentials``.
  ///
  /// The corresponding C facility is the control message `SCM_CREDENTIALS` of `recvmsg(2)`.
  public var credentials: PeerCredentials? {
    get { fields.credentials }
    set { fields.credentials = newValue }
  }
}
