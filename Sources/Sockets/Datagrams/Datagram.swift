/// A received datagram: its payload, and what is known about it.
public struct Datagram<Address: TransportAddress>: Sendable, Hashable {
  /// The payload, 0 bytes or more; its beginning if the datagram ``isTruncated``.
  public var payload: [UInt8]

  /// Everything else.
  public var header: DatagramHeader<Address>

  /// Creates a datagram: for tests.
  ///
  /// - Parameters:
  ///   - payload: The payload.
  ///   - header: Everything else.
  public init(payload: [UInt8], header: DatagramHeader<Address>) {
    self.payload = payload
    self.header = header
  }

  /// Where it came from: an answer goes there.
  public var sender: Address { header.sender }

  /// The payload's length as it was sent, in bytes.
  public var length: Int { header.length }

  /// Whether the payload was longer than the room for it; the rest is lost.
  public var isTruncated: Bool { header.isTruncated }

  /// Where it was sent to, and what the network tells about it.
  public var metadata: DatagramMetadata { header.metadata }
}

/// What is known about a received datagram, apart from its payload.
///
/// A plain value without references: it costs no allocation.
public struct DatagramHeader<Address: TransportAddress>: Sendable, Hashable {
  /// Where the datagram came from: an answer goes there.
  ///
  /// A socket for both families reports an IPv4 sender as an IPv4-mapped IPv6 address.
  public var sender: Address

  /// The payload's length as it was sent, in bytes.
  public var length: Int

  /// How many bytes of the payload were received, `0...length`.
  public var payloadLength: Int

  /// Where it was sent to, and what the network tells about it.
  public var metadata: DatagramMetadata

  /// Creates a header: for tests.
  ///
  /// - Parameters:
  ///   - sender: Where the datagram came from.
  ///   - length: The payload's length as it was sent, in bytes.
  ///   - payloadLength: How many bytes of the payload were received; `nil` for all.
  ///   - metadata: Where it was sent to, and what the network tells about it.
  public init(
    sender: Address,
    length: Int,
    payloadLength: Int? = nil,
    metadata: DatagramMetadata = DatagramMetadata()
  ) {
    self.sender = sender
    self.length = length
    self.payloadLength = payloadLength ?? length
    self.metadata = metadata
  }

  /// Whether the payload was longer than the room for it; the rest is lost (`MSG_TRUNC`).
  public var isTruncated: Bool { payloadLength < length }
}

extension DatagramHeader: BitwiseCopyable where Address: BitwiseCopyable {}

extension DatagramHeader where Address == SocketAddress {
  /// A header still to be filled in.
  init() { self.init(sender: .anyIPv4(port: 0), length: 0) }
}
