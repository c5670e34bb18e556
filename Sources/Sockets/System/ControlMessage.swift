internal import CSockets
internal import Glibc

/// One control message among those of a datagram: what it is, and where its data lies.
///
/// The layout is that of `cmsg(3)`: a header of 16 bytes (length, level, type), the data, and padding to
/// a multiple of 8 bytes. Finding messages is a pure function of the bytes and safe for any bytes.
package struct ControlMessage: Equatable {
  /// The protocol, `SOL_SOCKET`, `IPPROTO_IP` and so on.
  package let level: Int32

  /// The kind, a number of the protocol's own.
  package let type: Int32

  /// The data's place in the buffer.
  let data: Range<Int>

  /// The header's length, in bytes.
  static let headerLength = 16

  /// How many bytes a message takes up in a buffer.
  ///
  /// C: `CMSG_SPACE`.
  static func space(for count: Int) -> Int { headerLength + (count + 7) & ~7 }

  /// Finds the next message.
  ///
  /// C: `CMSG_NXTHDR`.
  ///
  /// - Parameters:
  ///   - bytes: The control buffer, as long as the kernel has filled it.
  ///   - offset: Where to look, 0 at first; receives where the message after this one would begin.
  /// - Returns: The message; `nil` at the end, or where the bytes are no message.
  package static func next(in bytes: RawSpan, at offset: inout Int) -> ControlMessage? {
    let left = bytes.byteCount - offset
    guard offset >= 0, left >= headerLength else { return nil }
    // SAFETY: the bytes have a whole header there.
    let length = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt.self)
    guard length >= UInt(headerLength), length <= UInt(left) else { return nil }
    let start = offset
    offset += space(for: Int(length) - headerLength)
    return unsafe ControlMessage(
      level: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 8, as: Int32.self),
      type: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start + 12, as: Int32.self),
      data: start + headerLength..<start + Int(length)
    )
  }

  /// The data as a value of a C type, or `nil` if it is too short for that.
  package func load<Value: BitwiseCopyable>(_ type: Value.Type, from bytes: RawSpan) -> Value? {
    guard data.count >= MemoryLayout<Value>.size else { return nil }
    return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: data.lowerBound, as: Value.self)
  }

  /// The data as a number: an `int`, or the single byte that some messages have instead.
  package func integer(from bytes: RawSpan) -> Int32? {
    load(Int32.self, from: bytes) ?? load(UInt8.self, from: bytes).map(Int32.init)
  }
}

/// Writes control messages into a buffer.
@safe
package struct ControlEncoder {
  private let buffer: UnsafeMutableRawBufferPointer

  /// How many bytes were written, whole messages only.
  package private(set) var count = 0

  /// Whether a message did not fit, and was left out.
  package private(set) var hasOverflowed = false

  package init(_ buffer: UnsafeMutableRawBufferPointer) { unsafe self.buffer = buffer }

  /// Adds a message.
  package mutating func append<Value: BitwiseCopyable>(
    _ level: Int32,
    _ type: Int32,
    _ value: Value
  ) {
    let size = MemoryLayout<Value>.size
    let space = ControlMessage.space(for: size)
    guard unsafe space <= buffer.count - count else {
      hasOverflowed = true
      return
    }
    let message = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + space])
    let length = ControlMessage.headerLength + size
    unsafe message.storeBytes(of: UInt(length), as: UInt.self)
    unsafe message.storeBytes(of: level, toByteOffset: 8, as: Int32.self)
    unsafe message.storeBytes(of: type, toByteOffset: 12, as: Int32.self)
    unsafe message.storeBytes(of: value, toByteOffset: 16, as: Value.self)
    for index in length..<space { unsafe message[index] = 0 }
    count += space
  }
}
