/// What one try of a decoder came to.
enum Decoded<Value> {
  /// It needs more bytes.
  case more
  /// It has a value.
  case value(Value)
  /// The stream has ended before the first byte of a value.
  case end
  /// There is no value in these bytes, or it is too long, or the stream has ended within it.
  case failure(any Error)

  /// Tries a decoder on what a buffer holds.
  ///
  /// - Parameters:
  ///   - buffer: The buffer.
  ///   - limit: The most bytes that may gather in it for one value.
  ///   - decode: The decoder.
  init(
    _ buffer: inout ReadBuffer,
    upTo limit: Int,
    _ decode: (inout ReadBuffer) throws -> Value?
  ) {
    do {
      if let value = try decode(&buffer) {
        self = .value(value)
      } else if buffer.isAtEnd {
        self = buffer.isEmpty ? .end : .failure(Self.cut(after: buffer.count))
      } else if buffer.count >= limit {
        self = .failure(SocketError.limitExceeded("a value of more than \(limit) bytes"))
      } else {
        buffer.examinedCount = buffer.count
        self = .more
      }
    } catch {
      self = .failure(error)
    }
  }

  private static func cut(after count: Int) -> SocketError {
    SocketError(
      .unexpectedEndOfStream,
      operation: .read,
      detail: "\(count) bytes of something longer"
    )
  }
}

extension SocketError {
  /// Something longer than it may be.
  static func limitExceeded(_ what: String, _ operation: Operation = .read) -> SocketError {
    SocketError(.limitExceeded, operation: operation, detail: what)
  }
}
