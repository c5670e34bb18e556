package import Sockets

/// What came of an operation that runs beside the test.
package typealias Outcome<Value> = Result<Value, any Error>

extension Result where Failure == any Error {
  /// The code of the `SocketError` that it failed with.
  package var code: SocketError.Code? { socketError?.code }

  /// The `SocketError` that it failed with.
  package var socketError: SocketError? {
    if case .failure(let error as SocketError) = self { error } else { nil }
  }

  /// Whether it threw `CancellationError`.
  package var isCancellation: Bool {
    if case .failure(is CancellationError) = self { true } else { false }
  }
}

/// Runs an operation to its end, whichever that is.
///
/// - Parameter operation: The operation.
/// - Returns: What came of it.
package nonisolated(nonsending) func outcome<Value>(
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
package nonisolated(nonsending) func outcomeWhenCancelledBefore<Value: Sendable>(
  _ operation: @escaping @Sendable () async throws -> Value
) async -> Outcome<Value>? {
  await withTaskGroup(of: Outcome<Value>.self) { group in
    group.cancelAll()
    group.addTask { await outcome(operation) }
    return await group.next()
  }
}

/// Runs an operation in a task of its own, and cancels that when a moment has come.
///
/// - Parameters:
///   - operation: The operation.
///   - moment: Returns when it has.
/// - Returns: What came of the operation.
/// - Throws: What `moment` throws.
package nonisolated(nonsending) func outcomeWhenCancelled<Value: Sendable>(
  _ operation: @escaping @Sendable () async throws -> Value,
  at moment: nonisolated(nonsending) () async throws -> Void
) async throws -> Outcome<Value>? {
  try await withThrowingTaskGroup(of: Outcome<Value>.self) { group in
    group.addTask { await outcome(operation) }
    try await moment()
    group.cancelAll()
    return try await group.next()
  }
}
