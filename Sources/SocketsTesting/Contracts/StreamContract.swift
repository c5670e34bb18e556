public import Sockets

/// What every `ByteStream` promises, whatever carries it: a contract that can be run.
///
/// For authors of streams of their own: one that encrypts, compresses, counts or records, built with
/// `StreamLayer` or by hand. Each rule is run over a connected pair of its own; with Swift Testing, each
/// is a case of one test:
///
/// ```swift
/// @Test(arguments: StreamContract<MyStream>.rules)
/// func `my stream keeps the contract`(rule: StreamContract<MyStream>.Rule) async throws {
///   try await rule.check { reactor in
///     let (near, far) = try await TCPConnection.pair(on: reactor)
///     return (MyStream(near), MyStream(far))
///   }
/// }
/// ```
///
/// The contract itself is in the documentation of `ByteStream`. Connections, pipes in memory, and streams
/// that are built on those keep it.
public enum StreamContract<Stream: ByteStream> {
  /// One promise, and how to see whether it is kept.
  public typealias Rule = ContractRule<Stream>

  /// All promises.
  public static var rules: [Rule] {
    ends + closing + cancelling + exactly + buffered + interrupted + cut + writing
  }

  /// Looks which promises a stream does not keep, one after the other.
  ///
  /// For tests without arguments, and for other test libraries; ``ContractRule/check(flood:limit:on:_:)`` says what the
  /// parameters are.
  ///
  /// - Parameters:
  ///   - flood: More bytes than a writer can write while the other end does not read.
  ///   - limit: How long each rule may take.
  ///   - makePair: Makes two connected ends on a reactor, once for each rule.
  /// - Returns: What was seen of those that are not kept; empty if all are.
  /// - Throws: `CancellationError`, or the error of `makePair`.
  public static nonisolated(nonsending) func violations(
    flood: Int = 12_000_000,
    limit: Duration = .seconds(60),
    _ makePair: nonisolated(nonsending) (Reactor) async throws -> (near: Stream, far: Stream)
  ) async throws -> [ContractViolation] {
    var violations: [ContractViolation] = []
    for rule in rules {
      do {
        try await rule.check(flood: flood, limit: limit, makePair)
      } catch let violation as ContractViolation {
        violations.append(violation)
      }
    }
    return violations
  }
}
