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
    var buffer = stream.lendBuffer()
    do {
      try encoder.encode(frame, into: &buffer)
    } catch {
      stream.giveBack(&buffer)
      throw error
    }
    try await stream.write(&buffer, until: LoopTime.end(deadline))
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
  @inlinable
  public nonisolated(nonsending) func write<Encoder: FrameEncoder>(
    frames: some Sequence<Encoder.Frame>,
    using encoder: Encoder,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    var buffer = stream.lendBuffer()
    do {
      for frame in frames { try encoder.encode(frame, into: &buffer) }
    } catch {
      stream.giveBack(&buffer)
      throw error
    }
    try await stream.write(&buffer, until: LoopTime.end(deadline))
  }
}

extension Stream {
  /// A buffer for what is encoded, with storage that the loop lends.
  @usableFromInline
  func lendBuffer() -> WriteBuffer {
    var buffer = WriteBuffer()
    registration.loop.encodings.lend(&buffer.last)
    return buffer
  }

  /// Takes its storage back.
  @usableFromInline
  func giveBack(_ buffer: inout WriteBuffer) { registration.loop.encodings.giveBack(&buffer.last) }

  /// Writes what was encoded, and takes the buffer's storage back, whatever comes of it.
  ///
  /// In a function of its own: the program's code has nothing left to do then, and need not look for its executor.
  @usableFromInline
  nonisolated(nonsending) func write(
    _ buffer: inout WriteBuffer,
    until deadline: Int64
  ) async throws {
    defer { giveBack(&buffer) }
    try await write(count: buffer.count, until: deadline) { socket, sent in
      buffer.isInOnePiece
        ? socket.send(buffer.last.span, after: sent)
        : socket.send(gathering: buffer.pieces, after: sent)
    }
  }
}
