import Sockets
import Testing

/// What every stream promises, whatever carries it: an executable contract.
///
/// A stream shows that it keeps the contract by running each rule over a connected pair of its own, with
/// a reactor that nobody else uses: its counts tell when a task has begun to wait.
struct StreamContract<Stream: ByteStream>: Sendable {
  /// Two connected ends.
  struct Ends: Sendable {
    let reactor: Reactor
    let near: Stream
    let far: Stream

    /// More bytes than a writer can write while the other end does not read.
    var flood = 12_000_000
  }

  /// One promise, and how to see whether it is kept.
  struct Rule: Sendable, CustomTestStringConvertible {
    /// The promise, in words.
    let testDescription: String

    /// Looks whether it is kept.
    let check: @Sendable (Ends) async throws -> Void

    init(_ testDescription: String, _ check: @escaping @Sendable (Ends) async throws -> Void) {
      self.testDescription = testDescription
      self.check = check
    }
  }

  /// All promises.
  static var rules: [Rule] {
    ends + closing + cancelling + exactly + buffered + interrupted + cut + writing
  }
}
