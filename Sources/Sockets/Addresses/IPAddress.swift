/// An IP address of either version.
///
/// Reading text is strict: what ``IPv4Address`` and ``IPv6Address`` refuse, such as `127.1` or
/// `0x7f000001`, is refused here, so that it can never be taken for another host than the one that
/// was checked.
///
/// **Allow-lists and deny-lists.** A socket that listens on both families shows the IPv4 peer
/// `127.0.0.1` as `::ffff:127.0.0.1`, which is a different value. Compare ``unmapped`` addresses,
/// or use ``IPPrefix/contains(_:)``. The questions below see through the mapping by themselves.
///
/// Every IPv4 address is ordered before every IPv6 address; each version keeps its own order.
public enum IPAddress: Hashable, Sendable, BitwiseCopyable {
  /// An IPv4 address.
  case v4(IPv4Address)

  /// An IPv6 address, which may be IPv4-mapped.
  case v6(IPv6Address)

  /// Creates an address from its bytes in network order.
  ///
  /// - Parameter bytes: Four bytes for IPv4, sixteen for IPv6; any other number of them gives `nil`.
  public init?(bytes: some Collection<UInt8>) {
    if let address = IPv4Address(bytes: bytes) {
      self = .v4(address)
    } else if let address = IPv6Address(bytes: bytes) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// The IPv4 address inside an IPv4-mapped IPv6 address; every other address as it is.
  public var unmapped: IPAddress {
    guard case .v6(let address) = self, let mapped = address.ipv4Mapped else { return self }
    return .v4(mapped)
  }

  /// Whether this is a wildcard, `0.0.0.0`, `::` or `::ffff:0.0.0.0`.
  ///
  /// Mind that Linux takes a *connect* to the wildcard for one to this very machine.
  public var isUnspecified: Bool {
    switch self {
    case .v4(let address): address.isUnspecified
    case .v6(let address): address.isUnspecified
    }
  }

  /// Whether packets to this address never leave the machine: `127.0.0.0/8`, also IPv4-mapped, and
  /// `::1`.
  public var isLoopback: Bool {
    switch self {
    case .v4(let address): address.isLoopback
    case .v6(let address): address.isLoopback
    }
  }

  /// Whether this is the address of a multicast group: `224.0.0.0/4`, also IPv4-mapped, or
  /// `ff00::/8`.
  public var isMulticast: Bool {
    switch self {
    case .v4(let address): address.isMulticast
    case .v6(let address): address.isMulticast
    }
  }

  /// Whether this is valid on one link only: `169.254.0.0/16`, also IPv4-mapped, or `fe80::/10`.
  public var isLinkLocal: Bool {
    switch self {
    case .v4(let address): address.isLinkLocal
    case .v6(let address): address.isLinkLocal
    }
  }

  /// Whether this is for private networks: the ranges of RFC 1918, also IPv4-mapped, or `fc00::/7`
  /// (RFC 4193).
  public var isPrivate: Bool {
    switch self {
    case .v4(let address): address.isPrivate
    case .v6(let address): address.isPrivate
    }
  }
}

extension IPAddress: Comparable {
  /// Returns whether one address comes first: IPv4 before IPv6, then by the version's own order.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    switch (lhs, rhs) {
    case (.v4(let lhs), .v4(let rhs)): lhs < rhs
    case (.v6(let lhs), .v6(let rhs)): lhs < rhs
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
  }
}

extension IPAddress: LosslessStringConvertible {
  /// Reads an address such as `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0`.
  ///
  /// A text with a colon is read by ``IPv6Address/init(parsing:)``, any other one by
  /// ``IPv4Address/init(parsing:)``. A host name is never looked up.
  ///
  /// - Parameter text: The address and nothing else; in particular no brackets and no port.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(parsing text: some StringProtocol) throws { self = try Self.parse(text) }

  /// Reads an address such as `192.0.2.1` or `::1`, or gives `nil` where ``init(parsing:)`` throws.
  ///
  /// - Parameter description: The address and nothing else.
  public init?(_ description: String) {
    guard let address = Self.readIfValid(description) else { return nil }
    self = address
  }

  /// The canonical text: see ``IPv4Address/description`` and ``IPv6Address/description``.
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }
}

extension IPAddress: Codable {
  /// Decodes the canonical text, as strictly as ``init(parsing:)`` reads it.
  ///
  /// - Parameter decoder: Where the text comes from.
  /// - Throws: `DecodingError.dataCorrupted` when the text is not an IP address, or the decoder's
  ///   own error.
  public init(from decoder: any Decoder) throws { self = try Self.decodeText(from: decoder) }

  /// Encodes the canonical text.
  ///
  /// - Parameter encoder: Where the text goes.
  /// - Throws: The encoder's own error.
  public func encode(to encoder: any Encoder) throws { try encodeText(to: encoder) }
}

extension IPAddress: TextualAddress {
  static let noun = "an IP address"

  init(scanning scanner: inout AddressScanner) throws(AddressTextFailure) {
    if scanner.occurrences(of: ":") > 0 {
      self = .v6(try IPv6Address(scanning: &scanner))
    } else {
      self = .v4(try IPv4Address(scanning: &scanner))
    }
  }
}
