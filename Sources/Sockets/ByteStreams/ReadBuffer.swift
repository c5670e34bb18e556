/// Bytes that have arrived and were not taken yet, in the order of the stream.
///
/// A ``ByteStream`` lends it to the closure of
/// ``ByteStream/read(upTo:deadline:decoding:)``, and to a ``FrameDecoder``, which looks at the bytes
/// and takes those that make up its result. A buffer can also be made of given bytes: a decoder is
/// then tested as a plain function.
///
/// Offsets count from the first byte that was not taken.
///
/// A value; it has storage only while it holds bytes.
public struct ReadBuffer: Sendable {
  /// The bytes, behind `start` others that were taken.
  @usableFromInline var storage: [UInt8]

  /// How many bytes of `storage` were taken.
  @usableFromInline var start = 0

  /// Whether the stream has ended behind these bytes: no more will come.
  public internal(set) var isAtEnd: Bool

  /// How many of the bytes an earlier try of the same read has seen: 0 in its first try.
  ///
  /// A search that found nothing goes on from there, so that a value which arrives in many pieces
  /// is searched once and not again with every piece.
  public internal(set) var examinedCount = 0

  /// Creates a buffer.
  ///
  /// - Parameters:
  ///   - bytes: What it holds.
  ///   - isAtEnd: Whether the stream has ended behind them.
  public init(_ bytes: [UInt8] = [], isAtEnd: Bool = false) {
    storage = bytes
    self.isAtEnd = isAtEnd
  }

  /// How many bytes it holds.
  @inlinable
  public var count: Int { storage.count - start }

  /// The bytes.
  var contents: ArraySlice<UInt8> { storage[start...] }

  /// Whether it holds none.
  @inlinable
  public var isEmpty: Bool { storage.count == start }

  /// One of the bytes.
  ///
  /// - Parameter offset: Which, `0..<count`.
  @inlinable
  public subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0, "an offset in a buffer is at least zero")
    return storage[start + offset]
  }

  /// Lends the bytes, in one piece.
  ///
  /// - Parameter body: What to do with them.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  public func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(storage.span.extracting(start...))
  }

  /// Copies the first bytes out, and leaves them.
  ///
  /// - Parameter limit: The most to copy.
  /// - Returns: The bytes: all there are, if they are fewer.
  public func prefix(_ limit: Int) -> [UInt8] { copy(min(limit, count)) }

  /// The first bytes in storage of their own size. (An array of a whole slice would share its storage.)
  func copy(_ count: Int) -> [UInt8] {
    if count == 0 { return [] }
    return [UInt8](copying: storage.span.extracting(start..<start + count))
  }

  /// Takes the first bytes out.
  ///
  /// - Parameter count: How many, `0...self.count`.
  /// - Returns: The bytes.
  public mutating func take(_ count: Int) -> [UInt8] {
    precondition(0...self.count ~= count, "a buffer holds \(self.count) bytes, not \(count)")
    // All of it, in storage of about that size: no need to copy.
    if start == 0, count == storage.count, storage.capacity <= 4 * count {
      defer {
        storage = []
        examinedCount = 0
      }
      return storage
    }
    defer { skip(count) }
    return copy(count)
  }

  /// Takes the first bytes out, as many as a span has room for.
  ///
  /// - Parameter span: Receives the bytes at its end.
  /// - Returns: How many.
  public mutating func move(into span: inout OutputRawSpan) -> Int {
    let count = min(self.count, span.freeCapacity)
    span.append(copying: storage.span.extracting(start..<start + count))
    skip(count)
    return count
  }

  /// Takes the first bytes out and drops them.
  ///
  /// - Parameter count: How many, `0...self.count`.
  public mutating func skip(_ count: Int) {
    precondition(0...self.count ~= count, "a buffer holds \(self.count) bytes, not \(count)")
    start += count
    examinedCount = max(0, examinedCount - count)
  }

  /// Adds bytes at the end.
  ///
  /// For a stream that fills the buffer, and for tests.
  ///
  /// - Parameter bytes: The bytes.
  public mutating func append(_ bytes: some Sequence<UInt8>) {
    // A buffer that always has something left would grow for ever. So late, no byte is moved more often
    // than others are taken.
    if start > count { compact() }
    storage.append(contentsOf: bytes)
  }
}
