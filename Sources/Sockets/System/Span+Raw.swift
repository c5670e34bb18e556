extension Span<UInt8> {
  /// Lends the bytes as a raw span.
  ///
  /// - Parameter body: What to do with them.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  @inlinable
  nonisolated(nonsending) func withRawSpan<Result>(
    _ body: nonisolated(nonsending) (RawSpan) async throws -> Result
  ) async throws -> Result {
    // Marked unsafe in the standard library for the sake of elements with padding: bytes have none.
    try await body(unsafe bytes)
  }
}
