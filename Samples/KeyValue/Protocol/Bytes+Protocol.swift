// What the protocol is made of: integers in decimal digits, with nothing that could be left out, and lines.

extension [UInt8] {
  /// Adds a line: what kind of value it begins, and an integer.
  mutating func append(line kind: Unicode.Scalar, _ integer: Int) {
    append(UInt8(ascii: kind))
    append(decimal: integer)
    appendLineEnd()
  }

  /// Adds bytes with their number before them.
  mutating func append(bulk bytes: some Collection<UInt8>) {
    append(line: "$", bytes.count)
    append(contentsOf: bytes)
    appendLineEnd()
  }

  mutating func appendLineEnd() {
    append(UInt8(ascii: "\r"))
    append(UInt8(ascii: "\n"))
  }

  /// Adds the digits of an integer.
  mutating func append(decimal integer: Int) {
    if integer < 0 { append(UInt8(ascii: "-")) }
    let magnitude = integer.magnitude
    var unit: UInt = 1
    while magnitude / unit >= 10 { unit *= 10 }
    while unit > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / unit % 10))
      unit /= 10
    }
  }
}

extension Int {
  /// Reads an integer; `nil` if it is none, too large, or begins with a zero, a plus or a space.
  init?(decimal digits: some Collection<UInt8>) {
    var rest = digits[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest.removeFirst() }
    guard let first = rest.first, first != UInt8(ascii: "0") || digits.count == 1 else {
      return nil
    }
    self = 0
    for digit in rest {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let value = Int(digit - UInt8(ascii: "0"))
      let (shifted, isLarge) = multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = shifted.addingReportingOverflow(isNegative ? -value : value)
      if isLarge || isLarger { return nil }
      self = sum
    }
  }
}
