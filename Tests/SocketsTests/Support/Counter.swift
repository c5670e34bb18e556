@testable import Sockets

/// Counts what happens on any thread.
final class Counter: Sendable {
  private let count = Lock(0)

  /// How often it has happened.
  var value: Int { count.withLock { $0 } }

  /// Notes that it happens.
  ///
  /// - Returns: For the how many-th time.
  @discardableResult
  func increment() -> Int {
    count.withLock {
      $0 += 1
      return $0
    }
  }
}
