extension [UInt8] {
  /// Adds texts at the end.
  mutating func append(_ first: String, _ second: String = "") {
    append(contentsOf: first.utf8)
    append(contentsOf: second.utf8)
  }

  /// Adds a number at the end, in decimal digits.
  mutating func append(decimal number: Int) {
    if number >= 10 { append(decimal: number / 10) }
    append(.zero + UInt8(number % 10))
  }

  /// Adds a number at the end, in hexadecimal digits.
  mutating func append(hexadecimal number: Int) {
    append(contentsOf: String(number, radix: 16).utf8)
  }
}
