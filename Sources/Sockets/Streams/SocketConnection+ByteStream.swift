extension SocketConnection: ByteStream {
  /// Decodes one value from the incoming bytes: however many it takes, and nothing behind it.
  ///
  /// The closure runs where the caller runs. Bytes that lie in the connection afterwards are in memory
  /// that is its own, or lent by the reactor; a connection without such bytes holds none. Takes no
  /// more from the kernel than fills the buffer up to `limit`.
  ///
  /// The corresponding C function is `recv(2)`, repeated.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may gather in the buffer.
  ///   - deadline: When to give up waiting; `nil` for never.
  ///   - decode: Takes a value out of the bytes that have arrived; `nil` if they are too few: see
  ///     ``ByteStream/read(upTo:deadline:decoding:)``.
  /// - Returns: The value; `nil` if the stream has ended and no byte is left.
  /// - Throws: As ``read(into:deadline:)`` and ``ByteStream/read(upTo:deadline:decoding:)``, and what
  ///   the closure throws.
  public nonisolated(nonsending) func read<Value>(
    upTo limit: Int,
    deadline: ContinuousClock.Instant? = nil,
    decoding decode: (inout ReadBuffer) throws -> Value?
  ) async throws -> Value? {
    precondition(limit > 0, "a read needs room for at least one byte")
    return try await stream.read(upTo: limit, deadline: deadline, decoding: decode)
  }
}
