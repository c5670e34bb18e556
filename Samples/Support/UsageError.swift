/// A command line that cannot be understood.
public struct UsageError: Error {
  /// What is wrong with it.
  public let message: String

  /// Creates an error.
  ///
  /// - Parameter message: What is wrong with the command line.
  public init(_ message: String) { self.message = message }

  /// Reads a value that the command line has.
  ///
  /// - Parameter body: Reads it.
  /// - Returns: The value.
  /// - Throws: What the body throws, as an error of this kind.
  public static func reading<Value>(_ body: () throws -> Value) throws(UsageError) -> Value {
    do { return try body() } catch { throw UsageError("\(error)") }
  }
}
