/// A received datagram: its payload, and what is known about it.
public struct Datagram<Transport: DatagramTransport>: Sendable, Hashable {
  /// The payload, 0 bytes or more; its beginning if the datagram ``isTruncated``.
  public var payload: [UInt8]

  /// Everything else.
  public var header: DatagramHeader<Transport>

  /// Creates a datagram: for tests.
  ///
  /// - Parameters:
  ///   - payload: The payload.
  ///   - header: Everything else.
  @inlinable
  public init(payload: [UInt8], header: DatagramHeader<Transport>) {
    self.payload = payload
    self.header = header
  }

  /// The payload's length as it was sent, in bytes.
  public var length: Int { header.length }

  /// Whether the payload was longer than the room for it; the rest is lost.
  public var isTruncated: Bool { header.isTruncated }
}

extension Datagram where Transport == UDP {
  /// Where it came from: an answer goes there.
  public var sender: SocketAddress { header.sender }

  /// Where it was sent to, and what the network tells about it.
  public var metadata: DatagramMetadata { header.metadata }
}

extension Datagram where Transport == UnixDatagram {
  /// Where it came from: an answer goes there, unless it is ``UnixAddress/unnamed``.
  public var sender: UnixAddress { header.sender }

  /// The process that sent it, as the kernel vouches for it: see ``DatagramHeader/credentials``.
  public var credentials: PeerCredentials? { header.credentials }
}
