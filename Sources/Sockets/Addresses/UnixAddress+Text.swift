extension UnixAddress: LosslessStringConvertible {
  /// Reads the text that ``description`` prints.
  ///
  /// For a path that a person has typed, with whatever characters it has, use ``path(_:)``.
  ///
  /// - Parameter text: A path, `@` and an abstract name, or `(unnamed)`; `\\` stands for a backslash
  ///   and `\xNN` for a byte.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` says what is wrong.
  public init(parsing text: some StringProtocol) throws {
    if text == Self.unnamedText {
      self = .unnamed
    } else if text.utf8.first == UInt8(ascii: "@") {
      self = try .abstract(try Self.bytes(of: text).dropFirst())
    } else {
      self = try .path(bytes: try Self.bytes(of: text))
    }
  }

  /// Reads the text that `description` prints, or gives `nil` where ``init(parsing:)`` throws.
  ///
  /// - Parameter description: The text and nothing else.
  public init?(_ description: String) {
    guard let address = try? UnixAddress(parsing: description) else { return nil }
    self = address
  }

  /// The path, or `@` and the abstract name, or `(unnamed)`; fit for one line of a log whatever the
  /// name's bytes are.
  public var description: String {
    guard let first = bytes.first else { return Self.unnamedText }
    if first == 0 { return "@" + Self.text(of: Array(bytes.dropFirst())) }
    let text = Self.text(of: bytes)
    guard first == UInt8(ascii: "@") || text == Self.unnamedText else { return text }
    // Not the first character, which has what combines with the letter as well.
    return Self.escape(first) + String(text.unicodeScalars.dropFirst())
  }

  private static let unnamedText = "(unnamed)"

  /// The bytes as text: UTF-8 that prints as it is, everything else escaped.
  static func text(of bytes: [UInt8]) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return bytes.map { $0 < 0x80 ? Self.text(of: Unicode.Scalar($0)) : escape($0) }.joined()
    }
    return text.unicodeScalars.map(Self.text(of:)).joined()
  }

  private static func text(of scalar: Unicode.Scalar) -> String {
    if scalar == "\\" { return "\\\\" }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      return UTF8.encode(scalar).map { $0.map(escape).joined() } ?? ""
    default: return String(scalar)
    }
  }

  private static func escape(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.count == 1 ? "0" : "") + digits
  }

  private static func bytes(of text: some StringProtocol) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "\\"): bytes.append(byte)
      case UInt8(ascii: "x"):
        let digits = rest.prefix(2)
        rest = rest.dropFirst(2)
        let values = digits.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard values.count == 2 else {
          throw refusal("\\x needs two hexadecimal digits", Self.text(of: Array(text.utf8)))
        }
        bytes.append(UInt8(16 * values[0] + values[1]))
      default:
        let reason = "a backslash is written \\\\, and a byte \\xNN"
        throw refusal(reason, Self.text(of: Array(text.utf8)))
      }
    }
    return bytes
  }
}

extension UnixAddress: Codable {
  /// Decodes the text, as strictly as ``init(parsing:)`` reads it.
  ///
  /// - Parameter decoder: Where the text comes from.
  /// - Throws: `DecodingError.dataCorrupted` when the text is no address, or the decoder's own error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do {
      self = try UnixAddress(parsing: text)
    } catch let error as SocketError {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: error.detail ?? error.description
      )
    }
  }

  /// Encodes the text.
  ///
  /// - Parameter encoder: Where the text goes.
  /// - Throws: The encoder's own error.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
