import Sockets
import Testing

/// What came of an operation that runs beside the test.
typealias Outcome<Value> = Result<Value, any Error>

extension Result where Failure == any Error {
  /// The code of the `SocketError` that it failed with.
  var code: SocketError.Code? { socketError?.code }

  /// The `SocketError` that it failed with.
  var socketError: SocketError? {
    if case .failure(let error as SocketError) = self { error } else { nil }
  }

  /// Whether it threw `CancellationError`.
  var isCancellation: Bool {
    if case .failure(is CancellationError) = self { true } else { false }
  }
}

/// Runs an operation to its end, whichever that is.
///
/// - Parameter operation: The operation.
/// - Returns: What came of it.
func outcome<Value>(
  _ operation: nonisolated(nonsending) () async throws -> Value
) async -> Outcome<Value> {
  do {
    return .success(try await operation())
  } catch {
    return .failure(error)
  }
}

/// Runs an operation in a task that was cancelled before it began.
///
/// - Parameter operation: The operation.
/// - Returns: What came of it.
func outcomeWhenCancelledBefore<Value: Sendable>(
  _ operation: @escaping @Sendable () async throws -> Value
) async -> Outcome<Value>? {
  await withTaskGroup(of: Outcome<Value>.self) { group in
    group.cancelAll()
    group.addTask { await outcome(operation) }
    return await group.next()
  }
}

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
