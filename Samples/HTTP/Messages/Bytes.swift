/// Bytes by their meaning in a request: RFC 9110 section 5.6 and RFC 9112.
extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let slash = UInt8(ascii: "/")
  static let colon = UInt8(ascii: ":")
  static let comma = UInt8(ascii: ",")
  static let semicolon = UInt8(ascii: ";")
  static let questionMark = UInt8(ascii: "?")
  static let percent = UInt8(ascii: "%")
  static let dot = UInt8(ascii: ".")
  static let hyphen = UInt8(ascii: "-")
  static let underscore = UInt8(ascii: "_")
  static let zero = UInt8(ascii: "0")
  static let one = UInt8(ascii: "1")

  var isControl: Bool { self < 0x20 || self == 0x7F }

  var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

  var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }

  /// Whether it may be part of a method or of a field's name.
  var isToken: Bool {
    if isLetter || isDigit { return true }
    switch self {
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
      UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
      UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      return true
    default: return false
    }
  }

  /// Whether it may be part of a target: what a URI never contains as it is, is let through where it does
  /// no harm, but for quotes, which would end the target in a log.
  var isTarget: Bool {
    0x21..<0x7F ~= self && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
      && self != UInt8(ascii: "#")
  }

  /// Whether it may be part of a host and port.
  var isHost: Bool {
    switch self {
    case UInt8(ascii: "["), UInt8(ascii: "]"), .colon, .percent: true
    case UInt8(ascii: "!"), UInt8(ascii: "$")...UInt8(ascii: "."), UInt8(ascii: ";"),
      UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "~"):
      self != .comma
    default: isLetter || isDigit
    }
  }

  /// The value of a hexadecimal digit.
  var hexadecimal: Int? {
    if isDigit { return Int(self - .zero) }
    let letter = self | 0x20
    return UInt8(ascii: "a")...UInt8(ascii: "f") ~= letter
      ? Int(letter - UInt8(ascii: "a")) + 10 : nil
  }
}

extension Span<UInt8> {
  /// Where bytes that meet a condition end.
  func end(from start: Int, while isInside: (UInt8) -> Bool) -> Int {
    var end = start
    while end < count, isInside(self[end]) { end += 1 }
    return end
  }

  /// Whether it is a text, which is given in small letters, in letters of any size.
  func isEqual(to text: String) -> Bool {
    guard count == text.utf8.count else { return false }
    var index = 0
    for byte in text.utf8 {
      let own = self[index]
      if own != byte, !own.isLetter || own | 0x20 != byte | 0x20 { return false }
      index += 1
    }
    return true
  }

  /// The bytes as text; empty if they are none.
  var text: String {
    guard let text = try? UTF8Span(validating: self) else { return "" }
    return String(copying: text)
  }

  /// The number that they are: digits and nothing else, and not too many.
  var decimal: Int? {
    guard 1...18 ~= count else { return nil }
    var number = 0
    for index in indices {
      guard self[index].isDigit else { return nil }
      number = number * 10 + Int(self[index] - .zero)
    }
    return number
  }

  /// Where spaces and tabs at both ends of a part leave off.
  func withoutBlanks(_ part: Range<Int>) -> Range<Int> {
    let start = min(part.upperBound, end(from: part.lowerBound) { $0 == .space || $0 == .tab })
    var end = part.upperBound
    while end > start, self[end - 1] == .space || self[end - 1] == .tab { end -= 1 }
    return start..<end
  }

  /// Lends the elements of a list with commas, one after the other.
  func forEachElement(_ body: (Span<UInt8>) -> Void) {
    var start = 0
    while start < count {
      let comma = end(from: start) { $0 != .comma }
      body(extracting(withoutBlanks(start..<comma)))
      start = comma + 1
    }
  }
}
