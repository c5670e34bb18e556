/// The grammar of an endpoint's text.
extension Endpoint {
  /// Reads a host with a port or service.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - defaultPort: The port of a text that has none; `nil` if it must have one.
  /// - Returns: The endpoint.
  /// - Throws: What is wrong with the text.
  static func read(_ text: String, defaultPort: UInt16?) throws(AddressTextFailure) -> Endpoint {
    guard !text.isEmpty else { throw .empty }
    let bytes = text.utf8
    let host: Host
    var rest: Substring.UTF8View
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .bracketsWithoutIPv6 }
      var scanner = try AddressScanner(text[...end])
      scanner.skip()
      host = .address(.v6(try IPv6Address(scanning: &scanner)))
      try scanner.expect("]")
      rest = bytes[bytes.index(after: end)...]
      if let next = rest.first, next != UInt8(ascii: ":") {
        throw .unexpected(byte: next, offset: bytes.distance(from: bytes.startIndex, to: end) + 1)
      }
    } else {
      let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
      rest = bytes[end...]
      if rest.dropFirst().contains(UInt8(ascii: ":")) { throw .bracketsMissing }
      host = try Host.read(String(text[..<end]))
    }
    guard rest.popFirst() != nil else {
      guard let defaultPort else { throw .serviceMissing }
      return Endpoint(host: host, service: .port(defaultPort))
    }
    return Endpoint(host: host, service: try Service.read(String(Substring(rest))))
  }
}

extension Endpoint.Host {
  /// The most bytes that a name has in DNS, without a dot at its end (RFC 1035 section 2.3.4).
  static let maximumLength = 253

  /// Reads an IP address or a host name.
  static func read(_ text: String) throws(AddressTextFailure) -> Self {
    guard !text.isEmpty else { throw .hostMissing }
    let bytes = text.utf8
    // A colon makes it an IPv6 address, a number at the end an IPv4 address, or neither of them.
    if bytes.contains(UInt8(ascii: ":")) { return .address(.v6(try IPv6Address.read(text))) }
    if let address = IPAddress.readIfValid(text) { return .address(address) }

    var length = bytes.count
    if length > 1, bytes.last == UInt8(ascii: ".") { length -= 1 }
    guard length <= maximumLength else { throw .hostTooLong }
    var offset = 0
    var label = bytes.prefix(0)
    for part in bytes.prefix(length).split(
      separator: UInt8(ascii: "."),
      omittingEmptySubsequences: false
    ) {
      try check(label: part, offset: offset)
      offset += part.count + 1
      label = part
    }
    guard !isNumber(label) else { throw .hostIsNumber }
    return .name(text.lowercased())
  }

  private static func check(
    label: Substring.UTF8View,
    offset: Int
  ) throws(AddressTextFailure) {
    for (index, byte) in label.enumerated() where !byte.isAllowedInName {
      throw byte < 0x80 ? .unexpected(byte: byte, offset: offset + index) : .hostNotASCII
    }
    guard !label.isEmpty else { throw .labelEmpty }
    guard label.count <= 63 else { throw .labelTooLong }
    let hyphen = UInt8(ascii: "-")
    guard label.first != hyphen, label.last != hyphen else { throw .labelEdge }
  }

  /// Whether the last part of a name makes `inet_aton(3)`, and so `getaddrinfo(3)`, take the whole for
  /// an IPv4 address, or nearly so: decimal, octal or hexadecimal digits.
  ///
  /// No top-level domain is a number, so that this costs no name that exists.
  private static func isNumber(_ label: Substring.UTF8View) -> Bool {
    if label.allSatisfy(\.isDecimalDigit) { return true }
    let digits = label.dropFirst(2)
    return label.first == UInt8(ascii: "0")
      && [UInt8(ascii: "x"), UInt8(ascii: "X")].contains(label.dropFirst().first)
      && digits.allSatisfy { $0.hexadecimalValue != nil }
  }
}

extension Endpoint.Service {
  /// Reads a port or the name of a service.
  static func read(_ text: String) throws(AddressTextFailure) -> Self {
    guard !text.isEmpty else { throw .serviceMissing }
    if text.utf8.allSatisfy(\.isDecimalDigit) {
      var scanner = try AddressScanner(text)
      let port = try scanner.decimal(upTo: 65535, zeroPaddedTo: 5, tooLarge: .portTooLarge)
      return .port(UInt16(port))
    }
    for (offset, byte) in text.utf8.enumerated() {
      // RFC 6335 section 5.1 has letters, digits and hyphens; real tables have these too.
      let isAllowed =
        byte.isAllowedInName || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
      guard isAllowed, offset > 0 || byte != UInt8(ascii: "-"),
        byte != UInt8(ascii: "+") || offset > 0
      else { throw .unexpected(byte: byte, offset: offset) }
    }
    guard text.utf8.count <= 32 else { throw .serviceTooLong }
    return .name(text)
  }
}

extension UInt8 {
  /// Whether this is an ASCII letter or digit, `-` or `_`.
  fileprivate var isAllowedInName: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
