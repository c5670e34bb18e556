import SampleSupport

/// The command line.
struct Arguments: Sendable {
  /// What to do.
  enum Command: Sendable {
    case list
    case all
    case one(any Scenario.Type)
  }

  static let usage = """
    usage: torture SCENARIO [--seed S] [--seconds N] [--rounds N] [--brief]
           torture all [--seed S] [--brief]
           torture --list

    Runs one scenario, or each in a process of its own, and checks afterwards that nothing is left
    behind: descriptors, registrations, parked tasks, threads, memory, work for an idle processor.

      --seed S      what the random choices follow from     (random; printed, also on failure)
      --seconds N   how long to go on, at most              (the scenario's own choice)
      --rounds N    how often to do it                      (the scenario's own choice)
      --brief       a tenth of it, or less
      --list        print the scenarios and exit
      --help        print this and exit

    Exits with 0 if everything held, 1 if something did not, 64 after a wrong command line.
    """

  var command: Command
  var seed: UInt64?
  var seconds: Double?
  var rounds: Int?
  var isBrief = false

  init(_ words: [String]) throws(UsageError) {
    var words = words[...]
    guard let first = words.popFirst() else { throw UsageError("which scenario?") }
    switch first {
    case "--list": command = .list
    case "all": command = .all
    default:
      let found = scenarios.first { $0.name.lowercased() == first.lowercased() }
      guard let found else { throw UsageError("no scenario '\(first)'; --list shows them") }
      command = .one(found)
    }
    while let word = words.popFirst() {
      switch word {
      case "--seed": seed = try Self.value(of: word, &words, UInt64.init)
      case "--seconds": seconds = try Self.value(of: word, &words) { Double($0) }
      case "--rounds": rounds = try Self.value(of: word, &words) { Int($0) }
      case "--brief": isBrief = true
      default: throw UsageError("unknown argument '\(word)'")
      }
    }
    if let seconds, !(seconds > 0 && seconds < 1e6) { throw UsageError("--seconds: not positive") }
    if let rounds, rounds < 1 { throw UsageError("--rounds: not positive") }
  }

  private static func value<Value>(
    of option: String,
    _ words: inout ArraySlice<String>,
    _ parse: (String) -> Value?
  ) throws(UsageError) -> Value {
    guard let text = words.popFirst() else { throw UsageError("\(option) needs a value") }
    guard let value = parse(text) else { throw UsageError("\(option): '\(text)' is no number") }
    return value
  }
}
