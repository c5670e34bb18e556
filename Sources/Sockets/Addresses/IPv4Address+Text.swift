extension IPv4Address: LosslessStringConvertible {
  /// Reads an address such as `192.0.2.1`.
  ///
  /// The corresponding C function is `inet_pton`, with which it agrees on every text.
  ///
  /// - Parameter text: The address and nothing else.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(parsing text: some StringProtocol) throws { self = try Self.parse(text) }

  /// Reads an address such as `192.0.2.1`, or gives `nil` where ``init(parsing:)`` throws.
  ///
  /// - Parameter description: The address and nothing else.
  public init?(_ description: String) {
    guard let address = Self.readIfValid(description) else { return nil }
    self = address
  }

  /// The canonical text, such as `192.0.2.1`.
  ///
  /// The corresponding C function is `inet_ntop`.
  public var description: String {
    let bytes = bytes
    return "\(bytes[0]).\(bytes[1]).\(bytes[2]).\(bytes[3])"
  }
}

extension IPv4Address: Codable {
  /// Decodes the canonical text, as strictly as ``init(parsing:)`` reads it.
  ///
  /// - Parameter decoder: Where the text comes from.
  /// - Throws: `DecodingError.dataCorrupted` when the text is not an IPv4 address, or the decoder's
  ///   own error.
  public init(from decoder: any Decoder) throws { self = try Self.decodeText(from: decoder) }

  /// Encodes the canonical text.
  ///
  /// - Parameter encoder: Where the text goes.
  /// - Throws: The encoder's own error.
  public func encode(to encoder: any Encoder) throws { try encodeText(to: encoder) }
}

extension IPv4Address: TextualAddress {
  static let noun = "an IPv4 address"

  init(scanning scanner: inout AddressScanner) throws(AddressTextFailure) {
    var value: UInt32 = 0
    for part in 0..<4 {
      if part > 0 { try scanner.expect(".") }
      let failure = AddressTextFailure.octetTooLarge(offset: scanner.offset)
      value = value << 8 | (try scanner.decimal(upTo: 255, tooLarge: failure))
    }
    self.init(rawValue: value)
  }
}
