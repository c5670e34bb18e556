@testable import Sockets
import Testing

/// What every stream promises, whatever carries it: an executable contract.
///
/// A transport shows that it keeps the contract by running each rule over a connected pair of its own.
struct StreamContract<Transport: StreamTransport>: Sendable {
  /// One promise, and how to see whether it is kept.
  struct Rule: Sendable, CustomTestStringConvertible {
    /// The promise, in words.
    let testDescription: String

    /// Looks whether it is kept.
    let check: @Sendable (Pair<Transport>) async throws -> Void

    init(
      _ testDescription: String,
      _ check: @escaping @Sendable (Pair<Transport>) async throws -> Void
    ) {
      self.testDescription = testDescription
      self.check = check
    }
  }

  /// All promises.
  static var rules: [Rule] { ends + closing + cancelling + exactly }
}
