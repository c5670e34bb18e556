extension SocketConnection {
  /// Writes a frame: all of it, in one piece.
  ///
  /// As ``ByteStream/write(frame:using:deadline:)``. Small frames are encoded into storage that the reactor lends:
  /// nothing is allocated.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - encoder: The framing.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``, with the number of bytes counted in the encoded
  ///   frame, and what the encoder throws; nothing was written then.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func write<Encoder: FrameEncoder>(
    frame: Encoder.Frame,
    using encoder: Encoder,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await write(frames: CollectionOfOne(frame), using: encoder, deadline: deadline)
  }

  /// Writes several frames, all of them, in one piece.
  ///
  /// As ``write(frame:using:deadline:)``, with one system call for all.
  ///
  /// - Parameters:
  ///   - frames: The frames.
  ///   - encoder: The framing.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(frame:using:deadline:)``; if the encoder throws, no frame was written.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func write<Encoder: FrameEncoder>(
    frames: some Sequence<Encoder.Frame>,
    using encoder: Encoder,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    var buffer = stream.borrowWriteBuffer()
    for frame in frames { try encoder.encode(frame, into: &buffer) }
    let beginning = stream.beginWrite(&buffer)
    if beginning.isDone { return }
    try await stream.write(consume buffer, from: beginning, until: LoopTime.end(deadline))
  }
}

extension Stream {
  /// A buffer to encode into, with storage that the reactor lends.
  @usableFromInline
  func borrowWriteBuffer() -> WriteBuffer {
    var buffer = WriteBuffer()
    registration.loop.encodings.lend(&buffer.last)
    return buffer
  }

  /// Begins to write what was encoded, and gives the buffer's storage back if that is all.
  ///
  /// - Parameter buffer: The buffer.
  /// - Returns: How the write is to go on, if it is not done.
  @usableFromInline
  func beginWrite(_ buffer: inout WriteBuffer) -> Beginning {
    guard buffer.isInOnePiece else { return Beginning() }
    let beginning = beginWrite(buffer.last.span)
    if beginning.isDone { registration.loop.encodings.giveBack(&buffer.last) }
    return beginning
  }

  /// Writes what was encoded, and gives the buffer's storage back, whatever comes of it.
  ///
  /// In a function of its own: the program's code has nothing left to do then, and need not look for its executor.
  @usableFromInline
  nonisolated(nonsending) func write(
    _ buffer: consuming WriteBuffer,
    from beginning: Beginning,
    until deadline: Int64
  ) async throws {
    defer { registration.loop.encodings.giveBack(&buffer.last) }
    if !buffer.isInOnePiece { return try await write(gathering: buffer.pieces, until: deadline) }
    try await write(count: buffer.count, from: beginning, until: deadline) { socket, sent in
      socket.send(buffer.last.span, after: sent)
    }
  }
}
