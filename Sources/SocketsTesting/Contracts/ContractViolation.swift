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
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let (result, isLate) = await result(of: body, within: limit)
    var violation: ContractViolation
    switch result {
    case .success where !isLate: return
    case .success: violation = ContractViolation("nothing else was wrong")
    case .failure(let error as ContractViolation): violation = error
    case .failure(let error):
      violation = ContractViolation("an operation that should succeed threw \(error)")
    }
    if Task.isCancelled { throw CancellationError() }
    if isLate {
      violation.finding =
        "it was not over after \(limit), and cancelled; then: \(violation.finding)"
    }
    violation.rule = rule
    throw violation
  }

  /// Runs a body, and cancels it when its time is over: real time, in a simulated network too, where a reactor's
  /// deadline would be one of the simulation, and whoever keeps it one more of the suspended tasks that rules count.
  ///
  /// - Parameters:
  ///   - body: The body.
  ///   - limit: Its time.
  /// - Returns: What came of it, and whether its time was over.
  private static nonisolated(nonsending) func result(
    of body: @escaping @Sendable () async throws -> Void,
    within limit: Duration
  ) async -> (Outcome<Void>, isLate: Bool) {
    await withTaskGroup(of: Outcome<Void>?.self) { group in
      group.addTask { await outcome(body) }
      // On a thread of the pool, for which no clock is simulated.
      group.addTask(executorPreference: globalConcurrentExecutor) {
        try? await Task.sleep(for: limit)
        return nil
      }
      var isLate = false
      while let ended = await group.next() {
        group.cancelAll()
        if let ended { return (ended, isLate) }
        isLate = true
      }
      return (.success(()), isLate)
    }
  }
}
