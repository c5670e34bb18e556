@testable import Sockets

/// What the program of an article has printed: in its file it takes the place of `print`.
final class Printed: Sendable {
  private let storage = Lock<[String]>([])

  /// The lines, in the order in which they came.
  var lines: [String] { storage.withLock { $0 } }

  func callAsFunction(_ line: String) { storage.withLock { $0.append(line) } }
}
