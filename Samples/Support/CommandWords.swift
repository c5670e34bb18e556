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

  /// Begins at the first word.
  ///
  /// - Parameter words: The words, without the program's name.
  public init(_ words: [String]) { rest = words[...] }

  /// Takes the next word.
  ///
  /// - Returns: The word, or `nil` after the last one.
  public mutating func next() -> String? { rest.popFirst() }

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

extension ClosedRange<Int> {
  /// Reads a decimal number of the range: a reader for ``CommandWords``.
  ///
  /// - Parameter word: The number's digits.
  /// - Returns: The number, or `nil` if the word is something else.
  public func number(_ word: String) -> Int? {
    guard let number = Int(word), contains(number) else { return nil }
    return number
  }
}
