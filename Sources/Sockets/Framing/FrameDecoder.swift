/// Takes frames out of a stream of bytes: a framing as its reader knows it.
///
/// ```swift
/// /// A byte that says how many sixteen-bit numbers follow.
/// struct Samples: FrameDecoder {
///   func decode(_ buffer: inout ReadBuffer) throws -> [UInt16]? {
///     guard !buffer.isEmpty, buffer.count > 2 * Int(buffer[0]) else { return nil }
///     let count = Int(buffer[0])
///     defer { buffer.skip(1 + 2 * count) }
///     return (0..<count).compactMap { buffer.integer(at: 1 + 2 * $0, as: UInt16.self) }
///   }
/// }
///
/// for try await samples in connection.frames(using: Samples()) { … }
/// ```
///
/// A decoder needs no stream, so it can be tested as a function of a ``ReadBuffer``.
public protocol FrameDecoder<Frame> {
  /// What a frame is to the program.
  associatedtype Frame

  /// Takes the next frame out of the bytes that have arrived.
  ///
  /// It is tried when there are bytes, again each time that more have arrived, and at last when the
  /// stream has ended, with ``ReadBuffer/isAtEnd``.
  ///
  /// Bytes of a frame that is not complete are left in the buffer: then a read that is cancelled half
  /// way loses nothing, and whatever the decoder leaves comes next in the stream. A decoder that takes
  /// such bytes all the same has to keep what they said, and to throw
  /// ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if the stream ends there.
  ///
  /// It is the decoder that limits the size of a frame, by an error; until it throws or returns a
  /// frame, the buffer grows.
  ///
  /// - Parameter buffer: The bytes that have arrived and were not taken.
  /// - Returns: The frame; `nil` if more bytes are needed. If the stream has ended, `nil` means that there
  ///   is no more frame: an error, if bytes are left.
  /// - Throws: Why there is no frame in these bytes.
  mutating func decode(_ buffer: inout ReadBuffer) throws -> Frame?
}
