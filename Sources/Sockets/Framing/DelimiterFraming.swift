/// Frames of bytes with a delimiter behind each.
///
/// A frame can't hold the delimiter. An empty frame is a frame. If the stream ends without a delimiter
/// behind the last bytes, that is an error.
public struct DelimiterFraming: Framing, Hashable, Sendable {
  private let delimiter: Delimiter

  /// Creates a framing.
  ///
  /// - Parameters:
  ///   - delimiter: What ends a frame, at least one byte.
  ///   - limit: The most bytes of a frame, without the delimiter, at least 0.
  public init(_ delimiter: some Collection<UInt8>, limit: Int = 1 << 20) {
    self.delimiter = Delimiter(Array(delimiter), limit: limit)
  }

  /// Takes the next frame out of the bytes that have arrived.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: The frame without the delimiter; `nil` if it has not arrived as a whole.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/limitExceeded``; the frame is then
  ///   left.
  public func decode(_ buffer: inout ReadBuffer) throws -> [UInt8]? { try delimiter.take(&buffer) }

  /// Adds a frame and the delimiter.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - buffer: Receives the bytes.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/limitExceeded``, or
  ///   ``SocketError/Code-swift.struct/malformedFrame`` if the delimiter would be found before the end of
  ///   the frame.
  public func encode(_ frame: [UInt8], into buffer: inout WriteBuffer) throws {
    if frame.count > delimiter.limit {
      throw SocketError.limitExceeded("a frame of more than \(delimiter.limit) bytes", .write)
    }
    // The first one may also begin in the last bytes of the frame, and end in the delimiter behind it.
    let tail = Array(frame.suffix(delimiter.bytes.count - 1))
    guard ReadBuffer(frame).firstOffset(of: delimiter.bytes) == nil,
      ReadBuffer(tail + delimiter.bytes).firstOffset(of: delimiter.bytes) == tail.count
    else {
      throw SocketError(
        .malformedFrame,
        operation: .write,
        detail: "a frame with a delimiter in it"
      )
    }
    buffer.append(frame)
    buffer.append(delimiter.bytes)
  }
}
