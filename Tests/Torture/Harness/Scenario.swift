/// One way to hurt the library.
protocol Scenario: SendableMetatype {
  /// Its name on the command line: that of the acceptance test or hazard, if it is one.
  static var name: String { get }

  /// What it does, in one line.
  static var summary: String { get }

  /// How much of it there is.
  static var size: Size { get }

  /// How many bytes of memory it may leave behind that the first small run did not.
  static var memory: Int { get }

  /// How many threads more than usual may be alive at once, of reactors of its own (those included that
  /// are ending) or of the resolver.
  static var threads: Int { get }

  /// The script that runs it, if it needs an environment that only a script can make; `all` leaves it
  /// out then.
  static var environment: String? { get }

  /// Does it.
  ///
  /// - Parameter run: The size, the random choices, the figures.
  /// - Throws: ``Failure``, or what the library threw and should not have.
  static func run(_ run: Run) async throws
}

extension Scenario {
  static var memory: Int { 2 << 20 }
  static var threads: Int { 0 }
  static var environment: String? { nil }
}

/// How much of a scenario there is: a number of rounds, or a time.
struct Size: Sendable {
  /// The number of rounds; `nil` for as many as there is time for.
  var rounds: (full: Int, brief: Int)?

  /// The time in seconds; `nil` for as much as the rounds need.
  var seconds: (full: Double, brief: Double)?

  /// So many rounds.
  static func rounds(_ full: Int, brief: Int) -> Size { Size(rounds: (full, brief)) }

  /// So many seconds.
  static func seconds(_ full: Double, brief: Double) -> Size { Size(seconds: (full, brief)) }
}

/// Something that should have held and did not.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  init(_ what: String, expected: some Any, seen: some Any) {
    self.init("\(what)\n  expected  \(expected)\n  seen      \(seen)")
  }
}

/// Fails unless two values are equal.
///
/// - Parameters:
///   - seen: What came.
///   - expected: What should have come.
///   - what: What it is.
/// - Throws: ``Failure``.
func expect<Value: Equatable>(
  _ seen: Value,
  _ expected: Value,
  _ what: @autoclosure () -> String
) throws {
  if seen != expected { throw Failure(what(), expected: expected, seen: seen) }
}

/// Fails unless something holds.
///
/// - Parameters:
///   - holds: Whether it holds.
///   - what: What should have held.
///   - seen: What held instead.
/// - Throws: ``Failure``.
func expect(
  _ holds: Bool,
  _ what: @autoclosure () -> String,
  seen: @autoclosure () -> String
) throws {
  if !holds { throw Failure(what(), expected: "so", seen: seen()) }
}
