extension ByteStream where Chunks == Frames<Self, ChunkDecoder> {
  /// The incoming bytes in the pieces in which they arrive, until the end of the stream.
  public var chunks: Frames<Self, ChunkDecoder> { frames(using: ChunkDecoder()) }
}

/// Takes whatever has arrived: see ``ByteStream/chunks``.
public struct ChunkDecoder: FrameDecoder, Sendable {
  /// Takes what has arrived.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: 1 to 16,384 bytes; `nil` if there are none.
  public func decode(_ buffer: inout ReadBuffer) -> [UInt8]? {
    buffer.isEmpty ? nil : buffer.take(min(buffer.count, BufferPool.size))
  }
}
