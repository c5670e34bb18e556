extension SocketConnection: ByteStream {
  /// Fills a buffer with incoming bytes until a closure is satisfied with them: see
  /// ``ByteStream/fill(upTo:deadline:until:)``.
  ///
  /// The closure runs where the caller runs. Bytes that lie in the connection afterwards are in memory of
  /// its own, or lent by the reactor; a connection without such bytes holds none.
  ///
  /// The corresponding C function is `recv(2)`, repeated.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that the buffer may hold, at least 1. No more is taken from the kernel.
  ///   - deadline: When to give up waiting; `nil` for never.
  ///   - isDone: Takes what it wants out of the bytes, and says whether it is satisfied.
  /// - Returns: Whether the closure was satisfied; `false` if the stream has ended and no byte is left.
  /// - Throws: As ``read(into:deadline:)`` and ``ByteStream/fill(upTo:deadline:until:)``.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func fill(
    upTo limit: Int = .max,
    deadline: ContinuousClock.Instant? = nil,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    precondition(limit > 0, "a read needs room for at least one byte")
    return try await stream.fill(upTo: limit, until: LoopTime.end(deadline), until: isDone)
  }
}
