import Sockets

/// A stream that keeps all of the contract but one promise.
struct BrokenStream<Lower: ByteStream>: ByteStream {
  /// Which promise it breaks.
  enum Fault: Sendable, CaseIterable {
    /// A write that is cut short says that nothing went out.
    case forgetsWhatWentOut
    /// Long writes of several tasks are mixed with each other.
    case mixesWrites
    /// The end of the stream is an error.
    case endsWithError
    /// The outgoing stream never ends.
    case neverFinishes
    /// A close does not end the read that waits.
    case closesTooLate
    /// A read does not hear that its task is cancelled.
    case ignoresCancellation

    /// A rule that finds it out.
    var rule: String {
      switch self {
      case .forgetsWhatWentOut:
        "a write that is cut short says how much went out, and the next goes on from there"
      case .mixesWrites: "writes of several tasks go out whole, and in each task's order"
      case .endsWithError:
        "the end of the stream is a value, again and again, for every kind of read"
      case .neverFinishes: "the end comes after the bytes, not instead of them"
      case .closesTooLate: "a close ends a read that waits"
      case .ignoresCancellation: "a cancelled read takes nothing, and the stream goes on"
      }
    }

    /// Whether what is seen is that it goes on waiting.
    var isEndless: Bool { finding == "not over after" }

    /// A part of what is seen then.
    var finding: String {
      switch self {
      case .forgetsWhatWentOut: "bytesWritten"
      case .mixesWrites: "mixed"
      case .endsWithError: "unexpected end of stream"
      case .neverFinishes, .closesTooLate, .ignoresCancellation: "not over after"
      }
    }
  }

  let lower: Lower
  let fault: Fault

  nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws -> Int {
    try await waitUncancelled()
    let count = try await lower.read(into: &span, deadline: deadline)
    if fault == .endsWithError, count == 0, span.freeCapacity > 0 { throw end }
    return count
  }

  nonisolated(nonsending) func fill(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    try await waitUncancelled()
    let isSatisfied = try await lower.fill(upTo: limit, deadline: deadline, until: isDone)
    if fault == .endsWithError, !isSatisfied { throw end }
    return isSatisfied
  }

  nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws {
    do {
      guard fault == .mixesWrites, bytes.byteCount > 50_000 else {
        return try await lower.write(bytes, deadline: deadline)
      }
      try await lower.write(bytes.extracting(first: 50_000), deadline: deadline)
      await Task.yield()
      try await lower.write(bytes.extracting(droppingFirst: 50_000), deadline: deadline)
    } catch var error as SocketError where fault == .forgetsWhatWentOut {
      error.bytesWritten = 0
      throw error
    }
  }

  nonisolated(nonsending) func finish(deadline: ContinuousClock.Instant?) async throws {
    if fault != .neverFinishes { try await lower.finish(deadline: deadline) }
  }

  func close() { if fault != .closesTooLate { lower.close() } }

  func reset() { lower.reset() }

  var isClosed: Bool { lower.isClosed }

  /// Waits for something to read, in a task that nobody cancels.
  private nonisolated(nonsending) func waitUncancelled() async throws {
    guard fault == .ignoresCancellation else { return }
    _ = try await Task { [lower] in try await lower.peek(upTo: 1) }.value
  }

  private var end: SocketError { SocketError(.unexpectedEndOfStream, operation: .read) }
}
