/// A cursor over the text of one address.
///
/// It keeps a copy of the bytes in place: every valid text is short, so nothing is allocated, and
/// the grammar is compiled once rather than for each kind of string.
///
/// Nothing is skipped and nothing is trimmed. A byte that the grammar does not name ends the value,
/// and is then refused by whoever expected something else: white space, NUL and all of UTF-8 beyond
/// ASCII need no rule of their own.
struct AddressScanner {
  /// More than the longest text, `[` + 45 bytes of IPv6 + `%` + 15 bytes of zone + `]:65535`, which
  /// makes 69; then a few zeros ahead of a port still get the better error.
  private static let capacity = 80

  /// The text, and zeros after it.
  private var bytes = [80 of UInt8](repeating: 0)

  /// The number of bytes in the text.
  private var count = 0

  /// The offset of the next byte.
  private(set) var offset = 0

  init(_ text: some StringProtocol) throws(AddressTextFailure) {
    // The casts let the compiler generate a loop over plain memory for the two types that occur.
    if let text = text as? String {
      try copy(text.utf8)
    } else if let text = text as? Substring {
      try copy(text.utf8)
    } else {
      try copy(text.utf8)
    }
    guard count > 0 else { throw .empty }
  }

  private mutating func copy(_ text: some Sequence<UInt8>) throws(AddressTextFailure) {
    for byte in text {
      guard count < Self.capacity else { throw .tooLong }
      bytes[count] = byte
      count += 1
    }
  }

  /// The byte at the cursor, or `nil` at the end.
  var next: UInt8? { offset < count ? bytes[offset] : nil }

  /// Returns how often a character occurs between the cursor and the end.
  func occurrences(of character: Unicode.Scalar) -> Int {
    var result = 0
    for index in offset..<count where bytes[index] == UInt8(ascii: character) { result += 1 }
    return result
  }

  /// Steps over one byte.
  mutating func skip() { offset += 1 }

  /// Goes back to where ``offset`` once was.
  mutating func rewind(to offset: Int) { self.offset = offset }

  /// Steps over a character if it comes next, and says whether it did.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    skip()
    return true
  }

  /// Steps over a character that must come next.
  mutating func expect(_ character: Unicode.Scalar) throws(AddressTextFailure) {
    guard take(character) else { throw unexpected }
  }

  /// Refuses anything that is left.
  func expectEnd() throws(AddressTextFailure) {
    guard next == nil else { throw unexpected }
  }

  /// The failure to report when the byte at the cursor fits nothing.
  var unexpected: AddressTextFailure {
    guard let next else { return .unexpectedEnd }
    return .unexpected(byte: next, offset: offset)
  }

  /// Reads a run of decimal digits, at least one.
  ///
  /// - Parameters:
  ///   - maximum: The greatest value allowed.
  ///   - width: Up to how many digits the number may have if the first of them is a zero.
  ///   - tooLarge: The failure to throw for a greater value.
  /// - Returns: The number.
  /// - Throws: That failure, or what else is wrong with the number.
  mutating func decimal(
    upTo maximum: UInt32,
    zeroPaddedTo width: Int = 1,
    tooLarge: AddressTextFailure
  ) throws(AddressTextFailure) -> UInt32 {
    let start = offset
    var value: UInt64 = 0
    while let byte = next, byte.isDecimalDigit {
      guard bytes[start] != UInt8(ascii: "0") || offset - start < width else {
        throw .leadingZero(offset: start)
      }
      value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
      guard value <= maximum else { throw tooLarge }
      skip()
    }
    guard offset > start else { throw next == nil ? .numberMissing(offset: start) : unexpected }
    return UInt32(value)
  }
}

extension UInt8 {
  /// Whether this is one of the ASCII characters `0` to `9`.
  var isDecimalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// The value of an ASCII hexadecimal digit of either case, or `nil`.
  var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
