extension ByteStream {
  /// Reads up to a delimiter, and takes the delimiter too.
  ///
  /// ```swift
  /// let head = try await stream.read(until: "\r\n\r\n".utf8, limit: 16_384)
  /// ```
  ///
  /// Suspends until the delimiter is there. Nothing is lost if it is cut short: the bytes that had
  /// arrived stay in the stream, and the next read of any kind begins with them. So they do if there
  /// are more of them than the limit allows.
  ///
  /// - Parameters:
  ///   - delimiter: The bytes that end what is read, at least one.
  ///   - limit: The most bytes before the delimiter.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: The bytes before the delimiter, without it, possibly none; `nil` if the stream had ended
  ///   before the first byte.
  /// - Throws: As ``read(into:deadline:)``, and
  ///   ``SocketError/Code-swift.struct/limitExceeded`` if no delimiter comes within the limit,
  ///   ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if the stream ends after the first byte
  ///   and before the delimiter.
  public nonisolated(nonsending) func read(
    until delimiter: some Collection<UInt8>,
    limit: Int = 65_536,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    let end = Delimiter(Array(delimiter), limit: limit)
    return try await read(deadline: deadline) { buffer in try end.take(&buffer) }
  }

  /// Reads up to a byte, and takes that byte too.
  ///
  /// As ``ByteStream/read(until:limit:deadline:)-(Collection<UInt8>,_,_)``.
  ///
  /// - Parameters:
  ///   - delimiter: The byte that ends what is read.
  ///   - limit: The most bytes before it.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: The bytes before it, possibly none; `nil` if the stream had ended before the first byte.
  /// - Throws: As ``ByteStream/read(until:limit:deadline:)-(Collection<UInt8>,_,_)``.
  public nonisolated(nonsending) func read(
    until delimiter: UInt8,
    limit: Int = 65_536,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    try await read(until: CollectionOfOne(delimiter), limit: limit, deadline: deadline)
  }
}
