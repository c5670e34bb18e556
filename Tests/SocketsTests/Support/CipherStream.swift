import Sockets

/// A byte stream that is enciphered on the way: a toy that has all that a real one has around its cipher.
///
/// The bytes go in records: a length, then as many bytes, each combined with a key that changes from
/// record to record. So a record that is lost, repeated, out of place or cut is noticed, or makes
/// nonsense of all that follows. (A real protocol would also have a record for the end, since whoever
/// cuts the lower stream between two records is not noticed here.)
struct CipherStream<Lower: ByteStream>: ByteStream {
  /// The stream that carries the records.
  let lower: Lower

  private let layer: StreamLayer<Cipher, Writing>

  /// What writing remembers.
  private struct Writing {
    var cipher: Cipher
    /// The rest of a record of which the lower stream has taken a part when a write was cut short: it
    /// goes out before anything else.
    var rest: [UInt8] = []
  }

  private static var framing: LengthPrefixFraming { LengthPrefixFraming(.uint16, limit: 16_384) }

  /// Dresses a stream: from here on it carries records, those that its buffer holds already included.
  ///
  /// - Parameters:
  ///   - lower: The stream, which nobody else may use any more.
  ///   - key: The key.
  ///   - reactor: The reactor that keeps deadlines.
  /// - Throws: Why there is no reactor.
  init(_ lower: Lower, key: UInt8, on reactor: Reactor? = nil) throws {
    self.lower = lower
    let cipher = Cipher(key: key)
    layer = try StreamLayer(reading: cipher, writing: Writing(cipher: cipher), on: reactor)
  }

  nonisolated(nonsending) func fill(
    upTo limit: Int = .max,
    deadline: ContinuousClock.Instant? = nil,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    try await layer.fill(upTo: limit, until: isDone) { buffer, cipher in
      let record = try await lower.read(deadline: deadline) { try Self.framing.decode(&$0) }
      guard var record else { return false }
      cipher.apply(to: &record)
      buffer.append(record)
      return true
    }
  }

  nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await layer.write(deadline: deadline) { writing in
      var written = 0
      do {
        try await flush(&writing, deadline)
        while written < bytes.byteCount {
          let end = min(bytes.byteCount, written + Self.framing.limit)
          var record = unsafe bytes.withUnsafeBytes { unsafe Array($0[written..<end]) }
          var cipher = writing.cipher
          cipher.apply(to: &record)
          var buffer = WriteBuffer()
          try Self.framing.encode(record, into: &buffer)
          // Once the lower stream takes any of it, all of it will go out.
          writing.rest = Array(buffer.pieces.joined())
          let size = writing.rest.count
          do {
            try await flush(&writing, deadline)
          } catch {
            if writing.rest.count == size {
              writing.rest = []
            } else {
              (writing.cipher, written) = (cipher, end)
            }
            throw error
          }
          (writing.cipher, written) = (cipher, end)
        }
      } catch {
        throw Self.failure(error, written: written)
      }
    }
  }

  nonisolated(nonsending) func finish(deadline: ContinuousClock.Instant? = nil) async throws {
    try await layer.write(deadline: deadline) { writing in
      try await flush(&writing, deadline)
      try await lower.finish(deadline: deadline)
    }
  }

  func close() {
    layer.close()
    lower.close()
  }

  func reset() {
    layer.close()
    lower.reset()
  }

  var isClosed: Bool { layer.isClosed }

  /// Writes the rest of a record, and keeps what the lower stream has not taken of it.
  private nonisolated(nonsending) func flush(
    _ writing: inout Writing,
    _ deadline: ContinuousClock.Instant?
  ) async throws {
    if writing.rest.isEmpty { return }
    do {
      try await lower.write(writing.rest, deadline: deadline)
      writing.rest = []
    } catch {
      writing.rest.removeFirst((error as? SocketError)?.bytesWritten ?? 0)
      throw error
    }
  }

  /// The lower stream's error, with the count of the upper stream's bytes.
  private static func failure(_ error: any Error, written: Int) -> any Error {
    if error is CancellationError, written > 0 {
      return SocketError(.cancelled, operation: .write, bytesWritten: written)
    }
    guard var error = error as? SocketError else { return error }
    if error.code == .cancelled, written == 0 { return CancellationError() }
    error.bytesWritten = written
    return error
  }
}

/// The toy: each byte is combined with a key, which is another one for each record.
private struct Cipher {
  private var key: UInt8

  init(key: UInt8) { self.key = key }

  mutating func apply(to record: inout [UInt8]) {
    for index in record.indices { record[index] ^= key &+ UInt8(truncatingIfNeeded: index) }
    key = key &* 5 &+ 1
  }
}
