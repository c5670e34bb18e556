/// A range of IP addresses that share their first bits: `192.0.2.0/24`, `2001:db8::/32` (RFC 4632).
///
/// A prefix is always in canonical form: the bits after the first ``length`` are zero, and there is
/// no zone. Text with other bits set, such as `192.0.2.1/24`, is refused: whoever writes that may
/// have meant either one address or the whole network.
///
/// Prefixes are ordered by their address, then by their length, so that a network comes before
/// its parts.
public struct IPPrefix: Hashable, Sendable, BitwiseCopyable {
  /// The first address of the range.
  public let address: IPAddress

  private let bits: UInt8

  /// How many of the first bits all addresses share: 0 to 32 for IPv4, 0 to 128 for IPv6.
  public var length: Int { Int(bits) }

  /// Creates the prefix of this length that an address lies in.
  ///
  /// Bits of the address after the first `length` are cleared, and its zone is dropped.
  ///
  /// - Parameters:
  ///   - address: Any address of the range.
  ///   - length: The number of bits; `nil` results unless it is 0 to 32 for IPv4, 0 to 128 for IPv6.
  public init?(_ address: IPAddress, length: Int) {
    guard (0...address.bitWidth).contains(length) else { return nil }
    self.address = address.masked(to: length)
    bits = UInt8(length)
  }

  /// Returns whether an address lies in the range.
  ///
  /// An IPv4-mapped IPv6 address counts as the IPv4 address that it stands for, so the answer does not
  /// depend on whether a peer came through a socket for IPv4 or through one for both families:
  /// `10.0.0.0/8` contains `::ffff:10.1.2.3`, whereas `::/0`, all of IPv6, does not. A prefix of
  /// mapped addresses likewise counts as the IPv4 one. A zone does not matter.
  ///
  /// - Parameter address: The address.
  /// - Returns: Whether it is of the same version and agrees in the first ``length`` bits.
  public func contains(_ address: IPAddress) -> Bool {
    let prefix = unmapped
    let address = address.unmapped
    guard address.bitWidth == prefix.address.bitWidth else { return false }
    return address.masked(to: prefix.length) == prefix.address
  }

  /// `::ffff:a.b.c.d/(96 + n)` as `a.b.c.d/n`; every other prefix as it is.
  private var unmapped: IPPrefix {
    guard case .v6(let address) = address, let mapped = address.ipv4Mapped, length >= 96 else {
      return self
    }
    return IPPrefix(.v4(mapped), length: length - 96) ?? self
  }
}

extension IPAddress {
  /// The number of bits of an address of this version.
  fileprivate var bitWidth: Int {
    switch self {
    case .v4: 32
    case .v6: 128
    }
  }

  /// Returns the address without its zone and with every bit after the first `length` cleared.
  fileprivate func masked(to length: Int) -> IPAddress {
    // The operator << gives 0 when it shifts everything out.
    switch self {
    case .v4(let address):
      let mask = UInt32.max << (32 - length)
      return .v4(IPv4Address(rawValue: address.rawValue & mask))
    case .v6(let address):
      let mask = UInt128.max << (128 - length)
      return .v6(IPv6Address(rawValue: address.rawValue & mask))
    }
  }
}

extension IPPrefix: Comparable {
  /// Returns whether one prefix comes first: by address, then the shorter one.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.address, lhs.bits) < (rhs.address, rhs.bits)
  }
}

extension IPPrefix: LosslessStringConvertible {
  /// Reads a prefix such as `192.0.2.0/24` or `2001:db8::/32`.
  ///
  /// The address follows the rules of ``IPAddress/init(parsing:)``, without a zone; the length is in
  /// decimal digits, without leading zeros, and must be there; all bits after it must be zero.
  ///
  /// - Parameter text: The prefix and nothing else.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(parsing text: some StringProtocol) throws { self = try Self.parse(text) }

  /// Reads a prefix such as `192.0.2.0/24`, or gives `nil` where ``init(parsing:)`` throws.
  ///
  /// - Parameter description: The prefix and nothing else.
  public init?(_ description: String) {
    guard let prefix = Self.readIfValid(description) else { return nil }
    self = prefix
  }

  /// The canonical text, such as `192.0.2.0/24`.
  public var description: String { "\(address)/\(length)" }
}

extension IPPrefix: Codable {
  /// Decodes the canonical text, as strictly as ``init(parsing:)`` reads it.
  ///
  /// - Parameter decoder: Where the text comes from.
  /// - Throws: `DecodingError.dataCorrupted` when the text is not a prefix, or the decoder's own
  ///   error.
  public init(from decoder: any Decoder) throws { self = try Self.decodeText(from: decoder) }

  /// Encodes the canonical text.
  ///
  /// - Parameter encoder: Where the text goes.
  /// - Throws: The encoder's own error.
  public func encode(to encoder: any Encoder) throws { try encodeText(to: encoder) }
}

extension IPPrefix: TextualAddress {
  static let noun = "an IP prefix"

  init(scanning scanner: inout AddressScanner) throws(AddressTextFailure) {
    let address: IPAddress
    if scanner.occurrences(of: ":") > 0 {
      address = .v6(try IPv6Address(scanningWithoutZone: &scanner))
    } else {
      address = .v4(try IPv4Address(scanning: &scanner))
    }
    guard scanner.next != UInt8(ascii: "%") else { throw .zoneInPrefix }
    guard scanner.next != nil else { throw .lengthMissing }
    try scanner.expect("/")
    let maximum = address.bitWidth
    let failure = AddressTextFailure.lengthTooLarge(maximum: maximum)
    let length = try scanner.decimal(upTo: UInt32(maximum), tooLarge: failure)
    guard let prefix = IPPrefix(address, length: Int(length)) else { throw failure }
    guard prefix.address == address else { throw .hostBitsSet(prefix) }
    self = prefix
  }
}
