import Sockets
import SocketsTesting
import Testing

/// Expects an operation to fail with a `SocketError` of one code.
///
/// - Parameters:
///   - code: The code.
///   - sourceLocation: Where the expectation is.
///   - operation: The operation.
/// - Returns: The error, for a closer look.
@discardableResult
func expectError<Value>(
  _ code: SocketError.Code,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ operation: nonisolated(nonsending) () async throws -> Value
) async -> SocketError? {
  let result = await outcome(operation)
  guard let error = result.socketError else {
    Issue.record("expected \(code), not \(result)", sourceLocation: sourceLocation)
    return nil
  }
  #expect(error.code == code, sourceLocation: sourceLocation)
  return error
}
