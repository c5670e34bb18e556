extension IPv6Address: LosslessStringConvertible {
  /// Reads an address such as `2001:db8::1`, `::ffff:192.0.2.1` or `fe80::1%eth0`.
  ///
  /// Up to the zone it agrees with `inet_pton` on every text: groups of one to four digits of either
  /// case; the last 32 bits also as an IPv4 address; at most one `::`, which stands for at least one
  /// group of zeros.
  ///
  /// A zone may follow any address that is not IPv4-mapped. Digits are the index of an interface, 1
  /// or more and without leading zeros, and need not exist now. Anything else is the name of an
  /// interface, at most 15 bytes, which the kernel is asked for: that is one system call, and such
  /// a text is valid only while the interface exists.
  ///
  /// The corresponding C functions are `inet_pton` and `if_nametoindex`.
  ///
  /// - Parameter text: The address and nothing else; in particular no brackets.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(parsing text: some StringProtocol) throws { self = try Self.parse(text) }

  /// Reads an address such as `2001:db8::1`, or gives `nil` where ``init(parsing:)`` throws.
  ///
  /// - Parameter description: The address and nothing else.
  public init?(_ description: String) {
    guard let address = Self.readIfValid(description) else { return nil }
    self = address
  }

  /// The canonical text of RFC 5952, such as `2001:db8::1`.
  ///
  /// IPv4-mapped addresses, and no others, end in dotted form: `::ffff:192.0.2.1`. (`inet_ntop`
  /// prints `::102:304` as `::1.2.3.4` too, a form that RFC 4291 deprecates.)
  ///
  /// A zone is printed as the interface's name if it has one now, `fe80::1%eth0`, and as its index
  /// otherwise: that is one system call, and the text of one value changes when the interface is
  /// renamed or removed. It also is the index if the name would not read back, such as one of digits
  /// only.
  ///
  /// The corresponding C functions are `inet_ntop` and `if_indextoname`.
  public var description: String {
    if let ipv4Mapped { return "::ffff:\(ipv4Mapped)" }
    let groups = groups
    let gap = longestRunOfZeros
    var text = ""
    text.reserveCapacity(zone == 0 ? 39 : 55)
    var index = 0
    while index < 8 {
      if index == gap.lowerBound, !gap.isEmpty {
        text += "::"
        index = gap.upperBound
      } else {
        if index > 0, index != gap.upperBound { text += ":" }
        text += String(groups[index], radix: 16)
        index += 1
      }
    }
    if zone != 0 { text += "%\(zoneText)" }
    return text
  }

  /// The groups to print as `::`: the longest run of two or more zeros, the first one of several.
  private var longestRunOfZeros: Range<Int> {
    let groups = groups
    var longest = 0..<0
    var start = 0
    for index in 0..<8 {
      if groups[index] != 0 {
        start = index + 1
      } else if index + 1 - start > max(longest.count, 1) {
        longest = start..<index + 1
      }
    }
    return longest
  }

  private var zoneText: String {
    guard
      let name = InterfaceName.name(of: zone),
      name.utf8.allSatisfy(\.isAllowedInZone),
      !name.utf8.allSatisfy(\.isDecimalDigit)
    else { return String(zone) }
    return name
  }
}

extension IPv6Address: Codable {
  /// Decodes the canonical text, as strictly as ``init(parsing:)`` reads it.
  ///
  /// - Parameter decoder: Where the text comes from.
  /// - Throws: `DecodingError.dataCorrupted` when the text is not an IPv6 address, or names an
  ///   interface that does not exist now, or the decoder's own error.
  public init(from decoder: any Decoder) throws { self = try Self.decodeText(from: decoder) }

  /// Encodes the canonical text.
  ///
  /// - Parameter encoder: Where the text goes.
  /// - Throws: The encoder's own error.
  public func encode(to encoder: any Encoder) throws { try encodeText(to: encoder) }
}
