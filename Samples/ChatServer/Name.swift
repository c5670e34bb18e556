/// The name of a person or a room: the same in capitals and in small letters.
struct Name: Hashable, CustomStringConvertible {
  let description: String
  private let folded: String

  /// The most letters of a name.
  static let longest = 20

  /// Checks a name: letters, digits, `-` and `_`, all of them ASCII, lest two names look alike.
  init(_ text: some StringProtocol) throws(Complaint) {
    let isAllowed = text.unicodeScalars.allSatisfy { letter in
      letter.isASCII
        && (letter.properties.isAlphabetic || "0123456789-_".unicodeScalars.contains(letter))
    }
    guard isAllowed, 1...Self.longest ~= text.unicodeScalars.count else {
      throw Complaint("a name has 1 to \(Self.longest) letters, digits, - or _")
    }
    description = String(text)
    folded = text.lowercased()
  }

  static func == (left: Name, right: Name) -> Bool { left.folded == right.folded }

  func hash(into hasher: inout Hasher) { hasher.combine(folded) }
}

/// Why something that a person wants is not to be had.
struct Complaint: Error {
  let text: String

  init(_ text: String) { self.text = text }
}
