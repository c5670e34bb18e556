extension ByteStream {
  /// Decodes one value from the incoming bytes: however many it takes, and nothing behind it.
  ///
  /// ```swift
  /// let isGreeted = try await stream.read { buffer -> Bool? in
  ///   guard buffer.count >= 2 else { return nil }  // more bytes, please
  ///   return buffer.take(2) == [0x68, 0x69]
  /// }
  /// ```
  ///
  /// Suspends until there is a value. Bytes that have arrived and that the closure has not taken stay in
  /// the stream, whether the call returns, throws, is cancelled or runs out of time; the next
  /// read of any kind begins with them. So a closure that takes bytes only when it returns a value loses
  /// nothing. It runs where the caller runs, and may look at the bytes in place: the call by itself
  /// allocates nothing.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may be held for the value, at least 1. A connection takes no more from
  ///     the kernel than this allows.
  ///   - deadline: When to give up waiting; `nil` for never.
  ///   - decode: Takes a value out of the bytes that have arrived, and returns it; `nil` if they are too
  ///     few. It is tried first with what is there (not with no bytes), then each time that
  ///     more have arrived, and at last, with ``ReadBuffer/isAtEnd``, when the stream has ended.
  /// - Returns: The value; `nil` if the stream has ended and no byte is left.
  /// - Throws: As ``fill(upTo:deadline:until:)``, and what the closure throws.
  @inlinable
  public nonisolated(nonsending) func read<Value>(
    upTo limit: Int = .max,
    deadline: ContinuousClock.Instant? = nil,
    decoding decode: (inout ReadBuffer) throws -> Value?
  ) async throws -> Value? {
    var value: Value?
    _ = try await fill(upTo: limit, deadline: deadline) { buffer in
      value = try decode(&buffer)
      return value != nil
    }
    return value
  }
}
