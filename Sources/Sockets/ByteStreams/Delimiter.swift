/// A sequence of bytes that ends something, and the most that may come before it.
struct Delimiter: Hashable, Sendable {
  /// The sequence, at least one byte.
  let bytes: [UInt8]

  /// The most bytes before it, at least 0.
  let limit: Int

  init(_ bytes: [UInt8], limit: Int) {
    precondition(!bytes.isEmpty, "a delimiter needs at least one byte")
    precondition(limit >= 0, "a limit is at least zero")
    self.bytes = bytes
    self.limit = limit
  }

  /// How many bytes come before it.
  ///
  /// - Parameter buffer: The bytes; an earlier try with the same delimiter has seen
  ///   ``ReadBuffer/examinedCount`` of them.
  /// - Returns: How many; `nil` if it has not arrived.
  /// - Throws: `SocketError` with `limitExceeded`.
  private func find(in buffer: ReadBuffer) throws -> Int? {
    // The examined bytes may end with a part of it.
    let start = max(0, buffer.examinedCount - (bytes.count - 1))
    let found =
      bytes.count == 1
      ? buffer.firstOffset(of: bytes[0], from: start)
      : buffer.firstOffset(of: bytes, from: start)
    if let found, found <= limit { return found }
    // It could still begin right at the limit, until as many bytes as it has are there behind that.
    guard found == nil, buffer.count - bytes.count < limit else {
      throw SocketError.limitExceeded("no end within \(limit) bytes")
    }
    return nil
  }

  /// Takes what comes before it, and drops it.
  ///
  /// - Parameter buffer: As in ``find(in:)``.
  /// - Returns: The bytes before it; `nil` if it has not arrived.
  /// - Throws: `SocketError` with `limitExceeded`.
  func take(_ buffer: inout ReadBuffer) throws -> [UInt8]? {
    guard let count = try find(in: buffer) else { return nil }
    defer { buffer.skip(bytes.count) }
    return buffer.take(count)
  }
}
