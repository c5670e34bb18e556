/// What decoders look for.
extension ReadBuffer {
  /// Where a byte occurs first.
  ///
  /// - Parameters:
  ///   - byte: The byte.
  ///   - offset: Where to begin to look, `0...count`.
  /// - Returns: Its offset; `nil` if it does not occur.
  public func firstOffset(of byte: UInt8, from offset: Int = 0) -> Int? {
    precondition(0...count ~= offset, "a buffer of \(count) bytes has no offset \(offset)")
    return withBytes { $0.firstIndex(of: byte, from: offset) }
  }

  /// Where a sequence of bytes occurs first.
  ///
  /// The time grows with the number of bytes, whatever they are.
  ///
  /// - Parameters:
  ///   - sequence: The sequence, at least one byte.
  ///   - offset: Where to begin to look, `0...count`.
  /// - Returns: The offset of its first byte; `nil` if it does not occur as a whole.
  public func firstOffset(of sequence: [UInt8], from offset: Int = 0) -> Int? {
    precondition(!sequence.isEmpty, "an empty sequence is everywhere")
    precondition(0...count ~= offset, "a buffer of \(count) bytes has no offset \(offset)")
    return withBytes { $0.firstIndex(of: sequence, from: offset) }
  }

  /// An integer.
  ///
  /// - Parameters:
  ///   - offset: Where its first byte is, 0 or more.
  ///   - type: Its type.
  ///   - order: The order of its bytes.
  /// - Returns: The integer; `nil` if not all of its bytes are there.
  @inlinable
  public func integer<Integer: FixedWidthInteger>(
    at offset: Int = 0,
    as type: Integer.Type = Integer.self,
    byteOrder order: ByteOrder = .bigEndian
  ) -> Integer? {
    precondition(offset >= 0, "an offset in a buffer is at least zero")
    let size = Integer.bitWidth / 8
    guard count - offset >= size else { return nil }
    let bytes = storage.span.extracting(start + offset..<start + offset + size)
    var integer: Integer = 0
    for index in 0..<size {
      let byte = bytes[order == .bigEndian ? index : size - 1 - index]
      // A type of one byte has no bits to make room for: its shift is by nothing, of nothing.
      integer = integer &<< 8 | Integer(truncatingIfNeeded: byte)
    }
    return integer
  }

  /// An integer in the variable length of Protocol Buffers: see ``WriteBuffer/append(varint:)``.
  ///
  /// - Parameter offset: Where its first byte is, 0 or more.
  /// - Returns: The integer, and how many bytes it takes, 1 to 10; `nil` if not all of them are there.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/malformedFrame`` if it is longer than
  ///   it need be, or has more than 64 bits.
  public func varint(at offset: Int = 0) throws -> (value: UInt64, size: Int)? {
    precondition(offset >= 0, "an offset in a buffer is at least zero")
    var value: UInt64 = 0
    for index in 0..<10 {
      guard offset + index < count else { return nil }
      let byte = self[offset + index]
      value |= UInt64(byte & 0x7F) << (7 * index)
      if byte & 0x80 != 0 { continue }
      // The tenth byte has room for one bit; a last byte of zero adds nothing.
      if index > 0, byte == 0 || index == 9 && byte > 1 { break }
      return (value, index + 1)
    }
    throw SocketError(.malformedFrame, operation: .read, detail: "not a variable-length integer")
  }

  /// Takes the first bytes out as text.
  ///
  /// - Parameter count: How many, `0...self.count`.
  /// - Returns: The text; what is not UTF-8 has become U+FFFD, as `String(decoding:as:)` does it.
  public mutating func takeText(_ count: Int) -> String {
    precondition(0...self.count ~= count, "a buffer holds \(self.count) bytes, not \(count)")
    defer { skip(count) }
    let text: String? = withBytes { bytes in
      guard let utf8 = try? UTF8Span(validating: bytes.extracting(first: count)) else { return nil }
      return String(copying: utf8)
    }
    return text ?? String(decoding: storage[start..<start + count], as: UTF8.self)
  }
}
