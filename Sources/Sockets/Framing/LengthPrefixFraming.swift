/// Frames of bytes with the number of bytes before each.
public struct LengthPrefixFraming: Framing, Hashable, Sendable {
  /// The form of the number.
  public enum Prefix: Hashable, Sendable {
    /// One byte.
    case uint8
    /// Two bytes.
    case uint16
    /// Four bytes.
    case uint32
    /// Eight bytes.
    case uint64
    /// The variable length of Protocol Buffers, one to ten bytes, as short as the number allows: see
    /// ``WriteBuffer/append(varint:)``.
    case varint
  }

  /// The form of the number.
  public let prefix: Prefix

  /// The order of the number's bytes; without meaning for a variable length.
  public let byteOrder: ByteOrder

  /// The most bytes of a frame, without the number.
  public let limit: Int

  /// Creates a framing.
  ///
  /// - Parameters:
  ///   - prefix: The form of the number, which counts the bytes behind itself.
  ///   - byteOrder: The order of its bytes; without meaning for a variable length.
  ///   - limit: The most bytes of a frame, without the number, at least 0. A peer that announces more
  ///     is refused before anything of the frame is kept.
  public init(_ prefix: Prefix, byteOrder: ByteOrder = .bigEndian, limit: Int = 1 << 20) {
    precondition(limit >= 0, "a limit is at least zero")
    self.prefix = prefix
    self.byteOrder = byteOrder
    self.limit = limit
  }

  /// Takes the next frame out of the bytes that have arrived.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: The frame without its length, possibly empty; `nil` if it has not arrived as a whole.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/limitExceeded``, or
  ///   ``SocketError/Code-swift.struct/malformedFrame`` for a variable length that is longer than it
  ///   need be. The bytes are then left.
  public func decode(_ buffer: inout ReadBuffer) throws -> [UInt8]? {
    guard let (length, size) = try length(in: buffer) else { return nil }
    if length > UInt64(limit) {
      throw SocketError.limitExceeded("a frame of \(length) bytes, more than \(limit)")
    }
    let count = Int(length)
    guard buffer.count - size >= count else { return nil }
    buffer.skip(size)
    return buffer.take(count)
  }

  /// Adds a frame and its length.
  ///
  /// - Parameters:
  ///   - frame: The frame.
  ///   - buffer: Receives the bytes.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/limitExceeded``, also if the length
  ///   does not fit the prefix.
  public func encode(_ frame: [UInt8], into buffer: inout WriteBuffer) throws {
    if frame.count > min(limit, prefix.maximum) {
      let detail = "a frame of \(frame.count) bytes, more than \(min(limit, prefix.maximum))"
      throw SocketError.limitExceeded(detail, .write)
    }
    let length = UInt64(frame.count)
    switch prefix {
    case .uint8: buffer.append(UInt8(length))
    case .uint16: buffer.append(integer: UInt16(length), byteOrder: byteOrder)
    case .uint32: buffer.append(integer: UInt32(length), byteOrder: byteOrder)
    case .uint64: buffer.append(integer: length, byteOrder: byteOrder)
    case .varint: buffer.append(varint: length)
    }
    buffer.append(frame)
  }

  /// The length that the buffer begins with, and how many bytes that takes.
  private func length(in buffer: ReadBuffer) throws -> (length: UInt64, size: Int)? {
    switch prefix {
    case .uint8: buffer.integer(as: UInt8.self).map { (UInt64($0), 1) }
    case .uint16: buffer.integer(as: UInt16.self, byteOrder: byteOrder).map { (UInt64($0), 2) }
    case .uint32: buffer.integer(as: UInt32.self, byteOrder: byteOrder).map { (UInt64($0), 4) }
    case .uint64: buffer.integer(as: UInt64.self, byteOrder: byteOrder).map { ($0, 8) }
    case .varint: try buffer.varint().map { ($0.value, $0.size) }
    }
  }
}

extension LengthPrefixFraming.Prefix {
  /// The largest length that it can say.
  fileprivate var maximum: Int {
    switch self {
    case .uint8: Int(UInt8.max)
    case .uint16: Int(UInt16.max)
    case .uint32: Int(UInt32.max)
    case .uint64, .varint: .max
    }
  }
}
