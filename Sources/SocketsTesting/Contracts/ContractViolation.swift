internal import Sockets

/// A promise of a contract that was not kept: which one, and what was seen instead.
///
/// It is an error, so that a test which checks a rule fails with it, and reads well as text.
public struct ContractViolation: Error, Hashable, CustomStringConvertible {
  /// The promise, in words.
  public internal(set) var rule = ""

  /// What was seen instead.
  public internal(set) var finding: String

  /// The line of this library that looked: what it does there is what to do to see it again.
  public let place: String

  init(_ finding: String, fileID: StaticString = #fileID, line: UInt = #line) {
    self.finding = finding
    place = "\(fileID):\(line)"
  }

  /// The rule, the finding, and the place.
  public var description: String { "\"\(rule)\" does not hold: \(finding) (\(place))" }

  /// Runs the body of a rule, and makes a violation of whatever it throws.
  ///
  /// - Parameters:
  ///   - rule: The rule, in words.
  ///   - limit: How long it may take.
  ///   - body: Looks whether the rule holds.
  /// - Throws: ``ContractViolation``, or `CancellationError` if the task around it is cancelled.
  static nonisolated(nonsending) func looking(
    for rule: String,
    limit: Duration,
    _ body: @Sendable () async throws -> Void
  ) async throws {
    // A clock of which reactors know nothing: in a simulated network there is one reactor for all, and what keeps a
    // deadline would count among its suspended tasks.
    let clock = SuspendingClock()
    let end = clock.now + limit
    do {
      try await withDeadline(end, clock: clock, operation: body)
    } catch {
      if Task.isCancelled { throw CancellationError() }
      var violation =
        error as? ContractViolation
        ?? ContractViolation("an operation that should succeed threw \(error)")
      if clock.now >= end {
        violation.finding =
          "it was not over after \(limit), and cancelled; then: \(violation.finding)"
      }
      violation.rule = rule
      throw violation
    }
  }
}
