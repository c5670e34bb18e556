/// A value that is read from text in one strict way, and printed in one canonical way.
///
/// What the address types share, so that each spells out only its grammar.
protocol TextualAddress: CustomStringConvertible {
  /// What the text should have been, with its article: "an IPv4 address".
  static var noun: String { get }

  /// Reads the value from the scanner's position on, and stops behind it.
  init(scanning scanner: inout AddressScanner) throws(AddressTextFailure)
}

extension TextualAddress {
  /// Reads the whole text.
  static func read(_ text: some StringProtocol) throws(AddressTextFailure) -> Self {
    var scanner = try AddressScanner(text)
    let value = try Self(scanning: &scanner)
    try scanner.expectEnd()
    return value
  }

  /// Reads the whole text, for a failable initialiser.
  static func readIfValid(_ text: some StringProtocol) -> Self? {
    do throws(AddressTextFailure) { return try read(text) } catch { return nil }
  }

  /// Reads the whole text, for a throwing initialiser.
  static func parse(_ text: some StringProtocol) throws(SocketError) -> Self {
    do throws(AddressTextFailure) {
      return try read(text)
    } catch {
      let detail = "\(quoted(text)) is not \(noun): \(error.reason)"
      throw SocketError(.invalidAddress, operation: .parse, detail: detail)
    }
  }

  /// Reads the text that ``encodeText(to:)`` wrote.
  static func decodeText(from decoder: any Decoder) throws -> Self {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do throws(SocketError) {
      return try parse(text)
    } catch {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: container.codingPath,
          debugDescription: error.detail ?? error.description,
          underlyingError: error
        )
      )
    }
  }

  /// Writes the canonical text as a single value.
  func encodeText(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Returns the text in quotes, fit for one line of a log whatever it holds.
///
/// Control characters, quotes and everything beyond ASCII are escaped as in a Swift literal, and
/// the text is cut after some 80 characters: it may come from a stranger.
func quoted(_ text: some StringProtocol) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    guard result.utf8.count < 80 else { return result + "\"..." }
    result += scalar.escaped(asASCII: true)
  }
  return result + "\""
}
