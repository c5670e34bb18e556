/// The words of a command line, understood as the program's usage says.
///
/// In it each option has a line that begins with it, such as `  -w, --wait SECONDS  give up after so long`. The
/// letter in front can stand for the option, so that `-vw5` is `--verbose --wait 5`; the word behind the option
/// says that it takes a value.
public struct CommandWords {
  /// The words that are neither options nor their values.
  public private(set) var operands: [String] = []

  /// The options that are given, in order; those that take no value have an empty one.
  private var given: [(option: String, value: String)] = []

  /// Takes the words apart.
  ///
  /// - Parameters:
  ///   - words: The words, without the program's name.
  ///   - usage: What the program prints for `--help`.
  ///   - count: How many operands there may be.
  ///   - needed: What is wrong if they are more or fewer.
  /// - Throws: That there is an unknown option, or one without its value, or another number of operands.
  public init(
    _ words: [String],
    usage: String,
    operands count: ClosedRange<Int> = 0...0,
    _ needed: String? = nil
  ) throws(UsageError) {
    let options = Options(usage)
    var rest = words[...]
    while var word = rest.popFirst() {
      guard word.hasPrefix("-") else {
        operands.append(word)
        continue
      }
      if let option = word.dropFirst().first.flatMap({ options.letters[$0] }) {
        // What follows the letter is its value, or further letters.
        let others = word.dropFirst(2)
        let takesValue = options.takesValue[option] == true
        if !others.isEmpty { rest = [takesValue ? String(others) : "-\(others)"] + rest }
        word = option
      }
      guard let takesValue = options.takesValue[word] else {
        throw UsageError("unknown option '\(word)'")
      }
      guard let value = takesValue ? rest.popFirst() : "" else {
        throw UsageError("\(word) needs a value")
      }
      given.append((word, value))
    }
    if !count.contains(operands.count) {
      throw UsageError(needed ?? "unknown argument '\(operands[0])'")
    }
  }

  /// Whether an option is given.
  ///
  /// - Parameter option: The option.
  /// - Returns: Whether it is.
  public func has(_ option: String) -> Bool { given.contains { $0.option == option } }

  /// The values of an option that may be given more than once.
  ///
  /// - Parameter option: The option.
  /// - Returns: The values, in order.
  public func values(of option: String) -> [String] {
    given.filter { $0.option == option }.map(\.value)
  }

  /// The options that a usage names.
  private struct Options {
    private(set) var takesValue: [String: Bool] = [:]
    private(set) var letters: [Character: String] = [:]

    init(_ usage: String) {
      for line in usage.split(separator: "\n") {
        var parts = line.split(separator: " ", omittingEmptySubsequences: false)
          .drop(while: \.isEmpty)
        var letter: Character?
        if let first = parts.first, first.count == 3, first.hasPrefix("-"), first.hasSuffix(",") {
          letter = first.dropFirst().first
          parts.removeFirst()
        }
        guard let option = parts.popFirst(), option.hasPrefix("--") else { continue }
        takesValue[String(option)] = parts.first?.isEmpty == false
        if let letter { letters[letter] = String(option) }
      }
    }
  }
}
