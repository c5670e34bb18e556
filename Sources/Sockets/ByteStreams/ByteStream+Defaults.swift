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
