/// Why a program cannot go on, in words.
public struct Failure: Error, CustomStringConvertible {
  /// The words.
  public let description: String

  /// Creates an error.
  ///
  /// - Parameter description: Why the program cannot go on.
  public init(_ description: String) { self.description = description }
}
