/// Why an operation on a registration ended without a result.
///
/// The layer that knows the operation and the addresses turns it into what users see.
enum OperationFailure: Error, Equatable {
  /// The kernel refused.
  case failed(Errno)
  /// The task was cancelled.
  case cancelled
  /// The deadline passed.
  case timedOut
  /// The registration was closed, or its reactor stopped.
  case closed
  /// Another operation of the same direction is in progress, and this one does not queue.
  case busy
}

/// Which of a descriptor's two independent directions.
enum Direction: UInt8 {
  /// Reading, and accepting.
  case read
  /// Writing, and connecting.
  case write
}

/// Makes system calls whose error numbers become failures of the operation that they are part of.
///
/// - Parameter calls: The calls.
/// - Returns: The calls' result.
/// - Throws: ``OperationFailure/failed(_:)``.
func failing<Result: ~Copyable>(
  _ calls: () throws(Errno) -> Result
) throws(OperationFailure) -> Result {
  do {
    return try calls()
  } catch {
    throw .failed(error)
  }
}
