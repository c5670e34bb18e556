/// Turns frames into bytes: a framing as its writer knows it.
public protocol FrameEncoder<Frame> {
  /// What a frame is to the program.
  associatedtype Frame

  /// Adds the bytes of a frame.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - buffer: Receives the bytes.
  /// - Throws: Why the frame can't be written; nothing of it is, then.
  func encode(_ frame: Frame, into buffer: inout WriteBuffer) throws
}

/// A framing that both reads and writes.
public typealias Framing = FrameDecoder & FrameEncoder

extension ByteStream {
  /// Writes a frame: all of it, in one piece.
  ///
  /// The frame's parts, such as its length and its payload, go out in one system call if the kernel has
  /// room; a large payload is not copied for that.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - encoder: The framing.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``, with the number of bytes counted in the encoded
  ///   frame, and what the encoder throws; nothing was written then.
  @inlinable
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
  @inlinable
  public nonisolated(nonsending) func write<Encoder: FrameEncoder>(
    frames: some Sequence<Encoder.Frame>,
    using encoder: Encoder,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    var buffer = WriteBuffer()
    buffer.borrowStorage()
    defer { buffer.giveStorageBack() }
    for frame in frames { try encoder.encode(frame, into: &buffer) }
    if buffer.isInOnePiece {
      try await write(buffer.last, deadline: deadline)
    } else {
      try await write(gathering: buffer.pieces, deadline: deadline)
    }
  }
}
