/// Frames of bytes that all have the same size.
public struct FixedSizeFraming: Framing, Hashable, Sendable {
  /// How many bytes a frame has.
  public let size: Int

  /// Creates a framing.
  ///
  /// - Parameter size: How many bytes a frame has, at least 1.
  public init(_ size: Int) {
    precondition(size > 0, "a frame needs at least one byte")
    self.size = size
  }

  /// Takes the next frame out of the bytes that have arrived.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: The frame; `nil` if it has not arrived as a whole.
  public func decode(_ buffer: inout ReadBuffer) -> [UInt8]? {
    buffer.count >= size ? buffer.take(size) : nil
  }

  /// Adds a frame.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - buffer: Receives the bytes.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/malformedFrame`` if it has
  ///   another size.
  public func encode(_ frame: [UInt8], into buffer: inout WriteBuffer) throws {
    guard frame.count == size else {
      let detail = "a frame of \(frame.count) bytes, not \(size)"
      throw SocketError(.malformedFrame, operation: .write, detail: detail)
    }
    buffer.append(frame)
  }
}
