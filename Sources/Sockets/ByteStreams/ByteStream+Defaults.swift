/// What a stream need not bring along itself.
extension ByteStream {
  /// Reads into the caller's memory: what has arrived, up to the span's free capacity.
  ///
  /// The bytes are copied out of the stream's buffer.
  ///
  /// - Parameters:
  ///   - span: Receives the bytes at its end.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: How many bytes were added; 0 at the end of the stream, again and again.
  /// - Throws: `CancellationError`, or ``SocketError``.
  public nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws -> Int {
    let free = span.freeCapacity
    if free == 0 { return 0 }
    var count = 0
    _ = try await fill(upTo: free, deadline: deadline) { buffer in
      if buffer.isEmpty { return false }
      count = buffer.move(into: &span)
      return true
    }
    return count
  }

  /// Fills a buffer with incoming bytes until a closure is satisfied with them, however long that takes, and lends
  /// the closure what it works on.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that the buffer may hold, at least 1.
  ///   - context: What the closure works on, beside the buffer.
  ///   - isDone: Takes what it wants out of the bytes, and says whether it is satisfied.
  /// - Returns: Whether the closure was satisfied; `false` if the stream has ended and no byte is left.
  /// - Throws: As ``fill(upTo:deadline:until:)``.
  public nonisolated(nonsending) func fill<Context>(
    upTo limit: Int,
    lending context: inout Context,
    until isDone: (inout ReadBuffer, inout Context) throws -> Bool
  ) async throws -> Bool {
    try await fill(upTo: limit, deadline: nil) { try isDone(&$0, &context) }
  }

  /// Writes several arrays of bytes one after the other, as one write: joined.
  ///
  /// - Parameters:
  ///   - arrays: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func write(
    gathering arrays: [[UInt8]],
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await write(Array(arrays.joined()), deadline: deadline)
  }
}
