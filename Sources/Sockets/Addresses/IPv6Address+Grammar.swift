extension IPv6Address: TextualAddress {
  static let noun = "an IPv6 address"

  init(scanning scanner: inout AddressScanner) throws(AddressTextFailure) {
    let address = try Self(scanningWithoutZone: &scanner)
    guard scanner.take("%") else {
      self = address
      return
    }
    guard address.ipv4Mapped == nil else { throw .zoneOnIPv4Mapped }
    self.init(address, zone: try scanner.zone())
  }

  init(scanningWithoutZone scanner: inout AddressScanner) throws(AddressTextFailure) {
    var groups = [8 of UInt16](repeating: 0)
    var count = 0
    // The number of groups before the "::".
    var gap: Int?
    if scanner.take(":") {
      guard scanner.take(":") else { throw .groupMissing(offset: scanner.offset - 1) }
      gap = 0
    }
    scanning: while count < 8 {
      // Nothing needs to follow the "::", whereas a group must follow any other colon.
      if gap == count, scanner.next?.hexadecimalValue == nil { break }
      switch try scanner.group() {
      case .group(let value):
        groups[count] = value
        count += 1
      case .ipv4(let address):
        guard count <= 6 else { throw .tooManyGroups }
        groups[count] = UInt16(truncatingIfNeeded: address.rawValue >> 16)
        groups[count + 1] = UInt16(truncatingIfNeeded: address.rawValue)
        count += 2
        break scanning
      }
      guard scanner.next == UInt8(ascii: ":") else { break }
      let colon = scanner.offset
      scanner.skip()
      if scanner.take(":") {
        guard gap == nil else { throw .secondGap(offset: colon) }
        gap = count
      } else if count == 8 {
        throw .tooManyGroups
      }
    }
    if let gap {
      guard count < 8 else { throw .emptyGap }
      // Everything after the "::" belongs at the end.
      for index in (gap..<count).reversed() {
        groups[index + 8 - count] = groups[index]
        groups[index] = 0
      }
    } else if count < 8 {
      throw .tooFewGroups
    }
    self.init(groups: groups)
  }
}

extension AddressScanner {
  fileprivate enum Group {
    case group(UInt16)
    case ipv4(IPv4Address)
  }

  /// Reads one to four hexadecimal digits, or the IPv4 address that turns out to begin here.
  fileprivate mutating func group() throws(AddressTextFailure) -> Group {
    let start = offset
    var value: UInt16 = 0
    while let digit = next?.hexadecimalValue {
      guard offset - start < 4 else { throw .groupTooLong(offset: start) }
      value = value << 4 | UInt16(digit)
      skip()
    }
    guard offset > start else {
      throw next == nil || next == UInt8(ascii: ":") ? .groupMissing(offset: start) : unexpected
    }
    guard next == UInt8(ascii: ".") else { return .group(value) }
    rewind(to: start)
    return .ipv4(try IPv4Address(scanning: &self))
  }

  /// Reads the index or the name of a network interface, and returns its index.
  fileprivate mutating func zone() throws(AddressTextFailure) -> UInt32 {
    let start = offset
    // At most 15 bytes, so that the string needs no memory of its own.
    var name = ""
    var isIndex = true
    while let byte = next, byte.isAllowedInZone {
      guard offset - start < InterfaceName.maximumLength else { throw .zoneTooLong }
      name.unicodeScalars.append(Unicode.Scalar(byte))
      isIndex = isIndex && byte.isDecimalDigit
      skip()
    }
    guard offset > start else {
      throw next == nil || next == UInt8(ascii: "]") ? .zoneEmpty : unexpected
    }
    if isIndex {
      rewind(to: start)
      let index = try decimal(upTo: .max, tooLarge: .zoneTooLarge)
      guard index != 0 else { throw .zoneZero }
      return index
    }
    // The name has come to its end here: asking the kernel for a part of one would be wrong.
    guard next == nil || next == UInt8(ascii: "]") else { throw unexpected }
    guard let index = InterfaceName.index(of: name) else { throw .zoneUnknown(name) }
    return index
  }
}

extension UInt8 {
  /// Whether a zone may hold this byte: visible ASCII, except what delimits a zone elsewhere.
  ///
  /// The kernel itself keeps `/`, `:` and white space out of names; `%` and brackets are kept out
  /// here.
  var isAllowedInZone: Bool {
    switch self {
    case UInt8(ascii: "%"), UInt8(ascii: "/"), UInt8(ascii: ":"): false
    case UInt8(ascii: "["), UInt8(ascii: "]"): false
    case 0x21...0x7E: true
    default: false
    }
  }
}
