public import Sockets

/// A command line that cannot be understood.
public struct UsageError: Error {
  /// What is wrong with it.
  public let message: String

  /// Creates an error.
  ///
  /// - Parameter message: What is wrong with the command line.
  public init(_ message: String) { self.message = message }
}

/// The words of a command line, taken one after the other.
public struct CommandWords {
  private var rest: ArraySlice<String>

  /// The long options that single letters stand for.
  private let letters: [Character: String]

  /// Begins at the first word.
  ///
  /// - Parameters:
  ///   - words: The words, without the program's name.
  ///   - letters: The long options that single letters stand for, such as `--verbose`; with a final `=`,
  ///     such as `--wait=`, one that takes a value. So `-vw5` is read as `--verbose --wait 5`.
  public init(_ words: [String], letters: [Character: String] = [:]) {
    rest = words[...]
    self.letters = letters
  }

  /// Takes the next word.
  ///
  /// - Returns: The word, a letter written out as its long option; `nil` after the last one.
  public mutating func next() -> String? {
    guard let word = rest.popFirst() else { return nil }
    guard word.hasPrefix("-"), let option = word.dropFirst().first.flatMap({ letters[$0] }) else {
      return word
    }
    let others = word.dropFirst(2)
    let takesValue = option.hasSuffix("=")
    if !others.isEmpty { rest = [takesValue ? String(others) : "-\(others)"] + rest }
    return takesValue ? String(option.dropLast()) : option
  }

  /// Takes the value that must follow an option.
  ///
  /// - Parameters:
  ///   - option: The option.
  ///   - expected: What the value has to be, as in "a port, 0...65535".
  ///   - read: Reads the value; `nil` if it is something else.
  /// - Returns: The value.
  /// - Throws: That there is none, or that it is something else.
  public mutating func value<Value>(
    of option: String,
    _ expected: String,
    _ read: (String) -> Value?
  ) throws(UsageError) -> Value {
    guard let word = next() else { throw UsageError("\(option) needs a value: \(expected)") }
    return try Self.value(word, of: option, expected, read)
  }

  /// Reads a word that was taken already.
  ///
  /// - Parameters:
  ///   - word: The word.
  ///   - name: What it is the value of.
  ///   - expected: What the value has to be.
  ///   - read: Reads the value; `nil` if it is something else.
  /// - Returns: The value.
  /// - Throws: That it is something else.
  public static func value<Value>(
    _ word: String,
    of name: String,
    _ expected: String,
    _ read: (String) -> Value?
  ) throws(UsageError) -> Value {
    guard let value = read(word) else {
      throw UsageError("\(name): '\(word)' is not \(expected)")
    }
    return value
  }
}

extension CommandWords {
  /// Takes the IP address that must follow an option.
  ///
  /// - Parameter option: The option.
  /// - Returns: The address.
  /// - Throws: That there is none.
  public mutating func ipAddress(of option: String) throws(UsageError) -> IPAddress {
    try value(of: option, "an IP address") { IPAddress($0) }
  }

  /// Takes the port that must follow an option.
  ///
  /// - Parameter option: The option.
  /// - Returns: The port.
  /// - Throws: That there is none.
  public mutating func port(of option: String) throws(UsageError) -> UInt16 {
    try value(of: option, "a port, 0...65535") { UInt16($0) }
  }

  /// Takes the number of reactors that must follow an option.
  ///
  /// - Parameter option: The option.
  /// - Returns: The number, 1 to 1,024.
  /// - Throws: That there is none.
  public mutating func reactors(of option: String) throws(UsageError) -> Int {
    try value(of: option, "a number, 1...1024", (1...1024).number)
  }
}

extension ClosedRange<Int> {
  /// Reads a decimal number of the range: a reader for ``CommandWords``.
  ///
  /// - Parameter word: The number's digits.
  /// - Returns: The number, or `nil` if the word is something else.
  public func number(_ word: String) -> Int? {
    guard let number = Int(word), contains(number) else { return nil }
    return number
  }

  /// Reads a number of bytes of the range, such as `300`, `64K` or `1G`: a reader for ``CommandWords``.
  ///
  /// - Parameter word: The number's digits, and perhaps a K, M or G for 1024, 1024 K and 1024 M.
  /// - Returns: The number, or `nil` if the word is something else.
  public func size(_ word: String) -> Int? {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let unit = word.last.flatMap { units[$0] }
    guard let number = Int(unit == nil ? word[...] : word.dropLast()) else { return nil }
    let (size, isTooBig) = number.multipliedReportingOverflow(by: unit ?? 1)
    return !isTooBig && contains(size) ? size : nil
  }
}
