extension SocketConnection {
  /// Writes bytes: all of them.
  ///
  /// Returns when the kernel has every byte; there is no queue in this process, so a peer that reads
  /// slowly suspends the writer, and nothing is lost if the connection is closed right after. Writes
  /// of several tasks go out one after the other. Allocates nothing. Never raises `SIGPIPE`.
  ///
  /// If cancelled, or out of time, nothing more goes out, and the connection can be used further. The
  /// error's ``SocketError/bytesWritten`` is the exact number of bytes that the kernel took;
  /// `CancellationError` means none.
  ///
  /// The corresponding C function is `send(2)` with `MSG_NOSIGNAL`.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/cancelled``,
  ///   ``SocketError/Code-swift.struct/connectionReset``,
  ///   ``SocketError/Code-swift.struct/brokenPipe`` (also after ``finish(deadline:)``),
  ///   ``SocketError/Code-swift.struct/closed``.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let beginning = stream.beginWrite(bytes)
    if beginning.isDone { return }
    try await stream.write(bytes, from: beginning, until: LoopTime.end(deadline))
  }

  /// Writes an array of bytes: all of them.
  ///
  /// As ``write(_:deadline:)-(RawSpan,_)``.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func write(
    _ bytes: [UInt8],
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let bytes = bytes.span
    let beginning = stream.beginWrite(bytes)
    if beginning.isDone { return }
    try await stream.write(bytes, from: beginning, until: LoopTime.end(deadline))
  }

  /// Writes a collection of bytes: all of them.
  ///
  /// As ``write(_:deadline:)-(RawSpan,_)``; a collection that does not lie in one piece in memory
  /// is copied first.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func write(
    _ bytes: some Collection<UInt8>,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let isInOnePiece = bytes.withContiguousStorageIfAvailable { _ in true } ?? false
    guard isInOnePiece else { return try await write(Array(bytes), deadline: deadline) }
    try await stream.write(count: bytes.count, until: LoopTime.end(deadline)) { socket, sent in
      socket.send(bytes, after: sent)
    }
  }

  /// Writes a text as UTF-8: all of it.
  ///
  /// As ``write(_:deadline:)-(RawSpan,_)``.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func write(
    _ text: String,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let bytes = text.utf8Span.span
    let beginning = stream.beginWrite(bytes)
    if beginning.isDone { return }
    try await stream.write(bytes, from: beginning, until: LoopTime.end(deadline))
  }

  /// Writes several arrays of bytes one after the other, as one write: without joining them in memory,
  /// and 64 arrays to a system call.
  ///
  /// Otherwise as ``write(_:deadline:)-(RawSpan,_)``.
  ///
  /// The corresponding C function is `sendmsg(2)`.
  ///
  /// - Parameters:
  ///   - arrays: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func write(
    gathering arrays: [[UInt8]],
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.write(gathering: arrays, until: LoopTime.end(deadline))
  }
}
