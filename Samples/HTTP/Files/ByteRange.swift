/// The part of a file that a request asks for: RFC 9110 section 14.
enum ByteRange: Equatable {
  /// The file as a whole.
  case whole
  /// A part, which is not empty.
  case part(Range<Int>)
  /// A part that the file does not have.
  case unsatisfiable

  /// Reads the value of `Range`.
  ///
  /// A value that cannot be understood asks for nothing, and neither does more than one range: a server
  /// may then send the whole.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - size: The size of the file, in bytes.
  init(_ value: String, size: Int) {
    self = .whole
    let words = value.split(separator: "=", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bytes",
      let dash = words[1].firstIndex(of: "-")
    else { return }
    let (first, last) = (words[1][..<dash], words[1][dash...].dropFirst())
    switch (Self.number(first), Self.number(last)) {
    case (let first?, let last?):
      if last < first { return }
      self = first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
    case (let first?, nil) where last.isEmpty:
      self = first < size ? .part(first..<size) : .unsatisfiable
    case (nil, let count?) where first.isEmpty:
      self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
    default: break
    }
  }

  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy(\.isDigit) ? Int(text) : nil
  }
}
