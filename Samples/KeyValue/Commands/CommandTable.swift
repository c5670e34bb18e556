/// The commands by their names, in capitals or not: one is looked up for every request.
struct CommandTable: Sendable {
  private struct Name {
    let letters: [UInt8]
    let command: Command
  }

  /// The names, each in the place that its letters decide, or else in the next that was free.
  private var names: [Name?]

  init(_ commands: [Command]) {
    names = Array(repeating: nil, count: 256)
    for command in commands {
      let letters = Array(command.name.utf8)
      var place = Self.place(letters[...])
      while names[place] != nil { place = (place + 1) & (names.count - 1) }
      names[place] = Name(letters: letters, command: command)
    }
  }

  subscript(word: ArraySlice<UInt8>) -> Command? {
    var place = Self.place(word)
    while let name = names[place] {
      if name.letters.count == word.count,
        zip(name.letters, word).allSatisfy({ $0 == Self.small($1) })
      {
        return name.command
      }
      place = (place + 1) & (names.count - 1)
    }
    return nil
  }

  private static func place(_ word: ArraySlice<UInt8>) -> Int {
    var hash: UInt32 = 0
    for byte in word.prefix(16) { hash = (hash ^ UInt32(small(byte))) &* 0x0100_0193 }
    return Int(hash >> 24)
  }

  private static func small(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
