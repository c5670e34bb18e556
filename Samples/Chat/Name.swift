import SampleSupport

/// The name of a person or a room: the same in capitals and in small letters.
struct Name: Hashable, CustomStringConvertible {
  let description: String
  private let folded: String

  /// Checks a name: letters, digits, `-` and `_`, all of them ASCII, lest two names look alike.
  init(_ text: some StringProtocol) throws {
    let isAllowed = text.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || "0123456789-_".utf8.contains(byte)
    }
    guard isAllowed, 1...20 ~= text.utf8.count else {
      throw Failure("a name has 1 to 20 letters, digits, - or _")
    }
    (description, folded) = (String(text), text.lowercased())
  }

  static func == (left: Name, right: Name) -> Bool { left.folded == right.folded }

  func hash(into hasher: inout Hasher) { hasher.combine(folded) }
}
