/// An IP address and a port: what names one end of a TCP connection, or of a UDP socket.
///
/// The kernel shows IPv4 peers of a socket for both families as IPv4-mapped IPv6 addresses; what that
/// means for comparing addresses is said at ``IPAddress``.
///
/// Addresses are ordered by ``ip``, then by ``port``.
public struct SocketAddress: TransportAddress, BitwiseCopyable {
  /// The IP address.
  public var ip: IPAddress

  /// The port, 0 to 65535, in the machine's byte order.
  ///
  /// To bind to port 0 is to ask the kernel for a free port. Ports below 1024 usually need a
  /// privilege.
  public var port: UInt16

  /// Creates an address.
  ///
  /// - Parameters:
  ///   - ip: The IP address.
  ///   - port: The port.
  public init(_ ip: IPAddress, port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// Creates an address from an IPv4 address.
  ///
  /// - Parameters:
  ///   - ip: The IP address.
  ///   - port: The port.
  public init(_ ip: IPv4Address, port: UInt16) { self.init(.v4(ip), port: port) }

  /// Creates an address from an IPv6 address.
  ///
  /// - Parameters:
  ///   - ip: The IP address.
  ///   - port: The port.
  public init(_ ip: IPv6Address, port: UInt16) { self.init(.v6(ip), port: port) }

  /// Creates an address from the text of an IP address, such as `192.0.2.1` or `::1`.
  ///
  /// A host name is never looked up.
  ///
  /// - Parameters:
  ///   - host: The IP address, without brackets, as ``IPAddress/init(parsing:)`` reads it.
  ///   - port: The port.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(_ host: some StringProtocol, port: UInt16) throws {
    self.init(try IPAddress(parsing: host), port: port)
  }

  /// The same port with the IPv4 address inside an IPv4-mapped one; every other address as it is.
  public var unmapped: SocketAddress { SocketAddress(ip.unmapped, port: port) }
}

extension SocketAddress {
  /// This machine only, over IPv4: `127.0.0.1`.
  ///
  /// - Parameter port: The port; for a listener, 0 lets the kernel choose one.
  /// - Returns: The address.
  public static func loopback(port: UInt16) -> SocketAddress {
    SocketAddress(IPv4Address.loopback, port: port)
  }

  /// This machine only, over IPv6: `::1`.
  ///
  /// - Parameter port: The port; for a listener, 0 lets the kernel choose one.
  /// - Returns: The address.
  public static func loopbackIPv6(port: UInt16) -> SocketAddress {
    SocketAddress(IPv6Address.loopback, port: port)
  }

  /// Every interface and both families: `::`.
  ///
  /// A listener bound to it is reached over IPv6 and over IPv4. Its IPv4 peers have IPv4-mapped
  /// addresses: see ``unmapped``.
  ///
  /// It works where one family is switched off, for the other. Only a kernel that knows no IPv6 at all
  /// (`ipv6.disable=1`) refuses it, with ``SocketError/Code-swift.struct/notSupported``: there,
  /// ``anyIPv4(port:)`` is every interface.
  ///
  /// - Parameter port: The port; for a listener, 0 lets the kernel choose one.
  /// - Returns: The address.
  public static func any(port: UInt16) -> SocketAddress {
    SocketAddress(IPv6Address.any, port: port)
  }

  /// Every interface, IPv4 only: `0.0.0.0`.
  ///
  /// - Parameter port: The port; for a listener, 0 lets the kernel choose one.
  /// - Returns: The address.
  public static func anyIPv4(port: UInt16) -> SocketAddress {
    SocketAddress(IPv4Address.any, port: port)
  }
}

extension SocketAddress: Comparable {
  /// Returns whether one address comes first: by ``ip``, then by ``port``.
  public static func < (lhs: Self, rhs: Self) -> Bool { (lhs.ip, lhs.port) < (rhs.ip, rhs.port) }
}

extension SocketAddress: LosslessStringConvertible {
  /// Reads an address such as `192.0.2.1:80` or `[2001:db8::1]:80`.
  ///
  /// An IPv6 address must be in brackets, with its zone if it has one, and an IPv4 address must not.
  /// The port must be there: one to five decimal digits, leading zeros included, 0 to 65535. A host
  /// or service name is never looked up.
  ///
  /// - Parameter text: The address and nothing else.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(parsing text: some StringProtocol) throws { self = try Self.parse(text) }

  /// Reads an address such as `192.0.2.1:80`, or gives `nil` where ``init(parsing:)`` throws.
  ///
  /// - Parameter description: The address and nothing else.
  public init?(_ description: String) {
    guard let address = Self.readIfValid(description) else { return nil }
    self = address
  }

  /// The canonical text, such as `192.0.2.1:80` or `[2001:db8::1]:80`.
  public var description: String {
    switch ip {
    case .v4(let address): "\(address):\(port)"
    case .v6(let address): "[\(address)]:\(port)"
    }
  }
}

extension SocketAddress: Codable {
  /// Decodes the canonical text, as strictly as ``init(parsing:)`` reads it.
  ///
  /// - Parameter decoder: Where the text comes from.
  /// - Throws: `DecodingError.dataCorrupted` when the text is not an address with a port, or the
  ///   decoder's own error.
  public init(from decoder: any Decoder) throws { self = try Self.decodeText(from: decoder) }

  /// Encodes the canonical text.
  ///
  /// - Parameter encoder: Where the text goes.
  /// - Throws: The encoder's own error.
  public func encode(to encoder: any Encoder) throws { try encodeText(to: encoder) }
}

extension SocketAddress: TextualAddress {
  static let noun = "an IP address with a port"

  init(scanning scanner: inout AddressScanner) throws(AddressTextFailure) {
    if scanner.take("[") {
      ip = .v6(try IPv6Address(scanning: &scanner))
      try scanner.expect("]")
    } else if scanner.occurrences(of: ":") > 1 {
      throw .bracketsMissing
    } else {
      ip = .v4(try IPv4Address(scanning: &scanner))
    }
    guard scanner.next != nil else { throw .portMissing }
    try scanner.expect(":")
    guard scanner.next != nil else { throw .portMissing }
    port = UInt16(try scanner.decimal(upTo: 65535, zeroPaddedTo: 5, tooLarge: .portTooLarge))
  }
}
