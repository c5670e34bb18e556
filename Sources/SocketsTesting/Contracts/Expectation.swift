internal import Sockets

/// Expects a value to be what it should be.
///
/// - Parameters:
///   - seen: The value.
///   - expected: What it should be.
///   - detail: In which of several cases.
///   - fileID: Where the expectation is.
///   - line: Where the expectation is.
/// - Throws: ``ContractViolation`` if it is not.
func expect<Value: Equatable>(
  _ seen: Value,
  _ expected: Value,
  _ detail: @autoclosure () -> String = "",
  fileID: StaticString = #fileID,
  line: UInt = #line
) throws {
  if seen == expected { return }
  throw ContractViolation("\(detail())\(seen), not \(expected)", fileID: fileID, line: line)
}

/// Expects bytes, or the end of the stream, to be what they should be.
///
/// - Parameters:
///   - seen: The bytes; `nil` for the end.
///   - expected: What they should be.
///   - detail: In which of several cases.
///   - fileID: Where the expectation is.
///   - line: Where the expectation is.
/// - Throws: ``ContractViolation`` if they are not.
func expect(
  _ seen: [UInt8]?,
  _ expected: [UInt8]?,
  _ detail: @autoclosure () -> String = "",
  fileID: StaticString = #fileID,
  line: UInt = #line
) throws {
  if seen == expected { return }
  var finding = "\(detail())\(text(seen)), not \(text(expected))"
  if let seen, let expected {
    finding += "; the first \(zip(seen, expected).prefix { $0 == $1 }.count) are right"
  }
  throw ContractViolation(finding, fileID: fileID, line: line)
}

private func text(_ bytes: [UInt8]?) -> String {
  guard let bytes else { return "the end" }
  return bytes.count > 64 ? "\(bytes.count) bytes" : "\(bytes)"
}

/// Expects something to hold.
///
/// - Parameters:
///   - isSo: Whether it does.
///   - finding: What it is if it does not.
///   - fileID: Where the expectation is.
///   - line: Where the expectation is.
/// - Throws: ``ContractViolation`` if it does not.
func expect(
  _ isSo: Bool,
  orFinding finding: @autoclosure () -> String,
  fileID: StaticString = #fileID,
  line: UInt = #line
) throws {
  if !isSo { throw ContractViolation(finding(), fileID: fileID, line: line) }
}

/// Expects an operation to fail with a `SocketError` of one code.
///
/// - Parameters:
///   - code: The code.
///   - fileID: Where the expectation is.
///   - line: Where the expectation is.
///   - operation: The operation.
/// - Returns: The error, for a closer look.
/// - Throws: ``ContractViolation`` if it does anything else.
@discardableResult
nonisolated(nonsending) func expectError<Value>(
  _ code: SocketError.Code,
  fileID: StaticString = #fileID,
  line: UInt = #line,
  _ operation: nonisolated(nonsending) () async throws -> Value
) async throws -> SocketError {
  let result = await outcome(operation)
  guard let error = result.socketError, error.code == code else {
    throw ContractViolation("\(text(result)), not \(code)", fileID: fileID, line: line)
  }
  return error
}

/// Expects an operation to have ended with a `SocketError` of one code.
///
/// - Parameters:
///   - outcome: What came of it.
///   - code: The code.
///   - fileID: Where the expectation is.
///   - line: Where the expectation is.
/// - Throws: ``ContractViolation`` if it did anything else.
func expect<Value>(
  _ outcome: Outcome<Value>,
  failedWith code: SocketError.Code,
  fileID: StaticString = #fileID,
  line: UInt = #line
) throws {
  if outcome.code == code { return }
  throw ContractViolation("\(text(outcome)), not \(code)", fileID: fileID, line: line)
}

/// Expects an operation to have ended with `CancellationError`.
///
/// - Parameters:
///   - outcome: What came of it.
///   - detail: Which one of several.
///   - fileID: Where the expectation is.
///   - line: Where the expectation is.
/// - Throws: ``ContractViolation`` if it did anything else.
func expectCancelled<Value>(
  _ outcome: Outcome<Value>?,
  _ detail: @autoclosure () -> String = "",
  fileID: StaticString = #fileID,
  line: UInt = #line
) throws {
  if let outcome, outcome.isCancellation { return }
  let seen = outcome.map(text) ?? "nothing"
  throw ContractViolation(
    "\(detail())\(seen), not CancellationError",
    fileID: fileID,
    line: line
  )
}

private func text<Value>(_ outcome: Outcome<Value>) -> String {
  switch outcome {
  case .success(let value): value is Void ? "success" : "success with \(value)"
  case .failure(let error): "\(error)"
  }
}
