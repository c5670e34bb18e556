/// Lines of text: see ``ByteStream/lines(limit:)``.
public struct LineFraming: Framing, Hashable, Sendable {
  /// What ends a line that is written.
  ///
  /// Both are understood when reading.
  public enum Ending: String, Hashable, Sendable {
    /// A line feed: files, and protocols of Unix.
    case lf = "\n"
    /// A carriage return and a line feed: most text protocols of the Internet.
    case crlf = "\r\n"
  }

  /// The most bytes of a line, without its end.
  public let limit: Int

  /// What ends a line that is written.
  public let ending: Ending

  /// Creates a framing.
  ///
  /// - Parameters:
  ///   - limit: The most bytes of a line, without its end, at least 0.
  ///   - ending: What ends a line that is written.
  public init(limit: Int = 65_536, ending: Ending = .lf) {
    precondition(limit >= 0, "a limit is at least zero")
    self.limit = limit
    self.ending = ending
  }

  /// Takes the next line out of the bytes that have arrived.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: The line without its end; `nil` if it has not arrived as a whole. At the end of the stream
  ///   the line needs no end.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/limitExceeded``; the line is then
  ///   left.
  public func decode(_ buffer: inout ReadBuffer) throws -> String? {
    let found = buffer.firstOffset(of: UInt8(ascii: "\n"), from: buffer.examinedCount)
    var length = found ?? buffer.count
    if length > 0, buffer[length - 1] == UInt8(ascii: "\r"), found != nil || !buffer.isAtEnd {
      // The CR belongs to the end of the line; if it is the last byte so far, it may yet.
      length -= 1
    }
    if length > limit { throw SocketError.limitExceeded("a line of more than \(limit) bytes") }
    if let found {
      defer { buffer.skip(found - length + 1) }
      return buffer.takeText(length)
    }
    return buffer.isAtEnd && length > 0 ? buffer.takeText(length) : nil
  }

  /// Adds a line and its end.
  ///
  /// - Parameters:
  ///   - line: The line, without its end.
  ///   - buffer: Receives the bytes.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/limitExceeded``, or
  ///   ``SocketError/Code-swift.struct/malformedFrame`` if the line holds a line feed, or ends with a
  ///   carriage return: it would not be read as it was written.
  public func encode(_ line: String, into buffer: inout WriteBuffer) throws {
    let bytes = line.utf8Span.span
    if bytes.count > limit {
      throw SocketError.limitExceeded("a line of more than \(limit) bytes", .write)
    }
    let endsWithCR = !bytes.isEmpty && bytes[bytes.count - 1] == UInt8(ascii: "\r")
    if endsWithCR || bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0) != nil {
      throw SocketError(.malformedFrame, operation: .write, detail: "a line with an end in it")
    }
    buffer.last.append(copying: bytes)
    if ending == .crlf { buffer.append(UInt8(ascii: "\r")) }
    buffer.append(UInt8(ascii: "\n"))
  }
}
