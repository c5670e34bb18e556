/// Bytes to be written, in order: what a ``FrameEncoder`` makes of a frame.
///
/// Small parts are joined; large arrays are kept as they are and written from where they lie.
public struct WriteBuffer: Sendable {
  /// Arrays from this size on, in bytes, are not copied: a part of its own costs the kernel about as much
  /// as copying this many bytes costs here.
  private static let large = 1024

  /// The pieces that are complete.
  private(set) var finished: [[UInt8]] = []

  /// What comes behind them: small parts, joined.
  @usableFromInline
  var last: [UInt8] = []

  /// Creates an empty buffer.
  public init() {}

  /// Whether there is nothing but small parts, joined.
  @usableFromInline
  var isInOnePiece: Bool { finished.isEmpty }

  /// On a reactor's thread, encodes into storage that the reactor lends.
  @usableFromInline
  mutating func borrowStorage() { EventLoop.current?.encodings.lend(&last) }

  /// Leaves the storage to the next one who encodes on this thread.
  @usableFromInline
  mutating func giveStorageBack() { EventLoop.current?.encodings.giveBack(&last) }

  /// All bytes, in pieces.
  public var pieces: [[UInt8]] { last.isEmpty ? finished : finished + CollectionOfOne(last) }

  /// How many bytes it holds.
  public var count: Int { finished.reduce(last.count) { $0 + $1.count } }

  /// Adds bytes.
  ///
  /// - Parameter bytes: The bytes; a large array is not copied.
  public mutating func append(_ bytes: [UInt8]) {
    guard bytes.count >= Self.large else { return last.append(contentsOf: bytes) }
    if !last.isEmpty { finished.append(last) }
    finished.append(bytes)
    last = []
  }

  /// Adds bytes.
  ///
  /// - Parameter bytes: The bytes.
  public mutating func append(_ bytes: some Sequence<UInt8>) { last.append(contentsOf: bytes) }

  /// Adds a text as UTF-8.
  ///
  /// - Parameter text: The text.
  public mutating func append(_ text: String) { last.append(copying: text.utf8Span.span) }

  /// Adds a byte.
  ///
  /// - Parameter byte: The byte.
  public mutating func append(_ byte: UInt8) { last.append(byte) }

  /// Adds an integer.
  ///
  /// - Parameters:
  ///   - integer: The integer; its type says how many bytes it has.
  ///   - order: The order of its bytes.
  @inlinable
  public mutating func append<Integer: FixedWidthInteger>(
    integer: Integer,
    byteOrder order: ByteOrder = .bigEndian
  ) {
    let size = Integer.bitWidth / 8
    if size <= 8 {
      let bits = UInt64(truncatingIfNeeded: integer)
      let first = order == .bigEndian ? bits &<< UInt64(64 - 8 * size) : bits.byteSwapped
      return append(size, of: first)
    }
    for index in 0..<size {
      let shift = 8 * (order == .bigEndian ? size - 1 - index : index)
      last.append(UInt8(truncatingIfNeeded: integer >> shift))
    }
  }

  /// Adds bytes of a number, from the highest on.
  ///
  /// - Parameters:
  ///   - count: How many, `0...8`.
  ///   - bits: The number.
  @usableFromInline
  mutating func append(_ count: Int, of bits: UInt64) {
    let bytes = InlineArray<8, UInt8> { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
    last.append(copying: bytes.span.extracting(first: count))
  }

  /// Adds an integer in the variable length of Protocol Buffers: seven bits to a byte, the lowest first,
  /// the high bit set in all bytes but the last.
  ///
  /// - Parameter integer: The integer.
  public mutating func append(varint integer: UInt64) {
    var rest = integer
    while rest >= 0x80 {
      last.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    last.append(UInt8(rest))
  }
}
