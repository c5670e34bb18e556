extension ByteStream {
  /// Writes bytes: all of them, whatever time it takes.
  ///
  /// - Parameter bytes: The bytes.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func write(_ bytes: RawSpan) async throws {
    try await write(bytes, deadline: nil)
  }

  /// Writes an array of bytes: all of them.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  @inlinable
  public nonisolated(nonsending) func write(
    _ bytes: [UInt8],
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await bytes.span.withRawSpan { try await write($0, deadline: deadline) }
  }

  /// Writes a collection of bytes: all of them.
  ///
  /// A collection that is not an array, or a part of one, is copied first.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func write(
    _ bytes: some Collection<UInt8>,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    if let slice = bytes as? ArraySlice<UInt8> {
      try await slice.span.withRawSpan { try await write($0, deadline: deadline) }
    } else {
      try await write(Array(bytes), deadline: deadline)
    }
  }

  /// Writes a text as UTF-8: all of it.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func write(
    _ text: String,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await text.utf8Span.span.withRawSpan { try await write($0, deadline: deadline) }
  }
}
