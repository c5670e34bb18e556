import Sockets

/// Takes the heads of requests out of the bytes that have arrived: RFC 9112, and where it leaves a choice,
/// the strict one.
///
/// A server and a proxy in front of it that do not agree where a request ends can be made to take one
/// client's bytes for another's request. So whatever could be read in two ways is refused: a line that ends
/// without CR, space before a colon, a field continued on the next line, two lengths.
struct RequestDecoder: FrameDecoder {
  /// The most bytes of a head.
  static let limit = 16_384

  /// The most bytes of a request line.
  static let lineLimit = 8_000

  /// The most fields of a head.
  static let fieldLimit = 100

  private static let end = Array("\r\n\r\n".utf8)

  /// Takes the head of the next request.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: The head; `nil` if it has not arrived as a whole.
  /// - Throws: A ``Refusal``.
  func decode(_ buffer: inout ReadBuffer) throws -> Request? {
    // Some clients send an empty line after a body: RFC 9112 section 2.2.
    while buffer.count >= 2, buffer[0] == .carriageReturn, buffer[1] == .lineFeed { buffer.skip(2) }
    let examined = max(0, buffer.examinedCount - Self.end.count)
    guard let count = buffer.firstOffset(of: Self.end, from: examined) else {
      try checkPart(buffer, from: examined)
      return nil
    }
    if count > Self.limit { throw Refusal(.headerFieldsTooLarge) }
    let request = try buffer.withBytes { (bytes) throws(Refusal) in
      try RequestHead.read(bytes.extracting(..<(count + 2)))
    }
    buffer.skip(count + Self.end.count)
    return request
  }

  /// Looks whether a head can still become one when more of it comes.
  private func checkPart(_ buffer: ReadBuffer, from examined: Int) throws {
    // Another protocol, such as TLS, is told by its first byte.
    if !buffer.isEmpty, !buffer[0].isToken, buffer[0] != .carriageReturn {
      throw Refusal(.badRequest)
    }
    var offset = examined
    while let end = buffer.firstOffset(of: .lineFeed, from: offset) {
      if end == 0 || buffer[end - 1] != .carriageReturn { throw Refusal(.badRequest) }
      offset = end + 1
    }
    let hasLine = buffer.firstOffset(of: .lineFeed) != nil
    if !hasLine, buffer.count > Self.lineLimit { throw Refusal(.uriTooLong) }
    if buffer.count >= Self.limit { throw Refusal(.headerFieldsTooLarge) }
  }
}
