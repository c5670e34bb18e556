/// What one look at the bytes in a buffer came to.
enum FillStep {
  /// More bytes are needed.
  case more
  /// It is done.
  case done
  /// The stream has ended, and no byte is left.
  case end
  /// There is no use in going on: the bytes are wrong, or too many, or the stream has ended amid them.
  case failure(any Error)

  /// Looks.
  ///
  /// - Parameters:
  ///   - buffer: The bytes.
  ///   - limit: The most bytes that the buffer may hold.
  ///   - isDone: Says whether it is done, and takes bytes.
  init(
    _ buffer: inout ReadBuffer,
    upTo limit: Int,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) {
    do {
      if try isDone(&buffer) {
        self = .done
      } else if buffer.isAtEnd {
        self = buffer.isEmpty ? .end : .failure(Self.cut(after: buffer.count))
      } else if buffer.count >= limit {
        self = .failure(SocketError.limitExceeded("no end within \(limit) bytes"))
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
      detail: "after \(count) bytes of something longer"
    )
  }
}

extension SocketError {
  /// Something longer than it may be.
  static func limitExceeded(_ what: String, _ operation: Operation = .read) -> SocketError {
    SocketError(.limitExceeded, operation: operation, detail: what)
  }
}
