internal import Sockets

/// A read that takes a certain sequence of bytes, and makes something of it.
struct BufferedRead<Stream: ByteStream>: Sendable {
  /// What is read, in words.
  let name: String

  /// The bytes that it takes: no more, and no fewer.
  let wire: [UInt8]

  /// What it makes of them.
  let value: String

  /// Whether the end of the stream completes it.
  var endsWithStream = false

  /// Reads.
  let read: @Sendable (Stream, ContinuousClock.Instant?) async throws -> String?

  /// A read of each kind.
  static var all: [BufferedRead] {
    [
      BufferedRead(name: "exactly so many bytes", wire: [1, 2, 3, 4, 5], value: "[1, 2, 3, 4, 5]") {
        try await $0.read(exactly: 5, deadline: $1)?.description
      },
      BufferedRead(name: "an integer", wire: [4, 3, 2, 1], value: "\(0x0102_0304)") {
        try await $0.read(UInt32.self, byteOrder: .littleEndian, deadline: $1)?.description
      },
      BufferedRead(name: "up to a delimiter", wire: Array("ab\rc\r\r\n".utf8), value: "ab\rc\r") {
        try await $0.read(until: "\r\n".utf8, deadline: $1).map {
          String(decoding: $0, as: UTF8.self)
        }
      },
      BufferedRead(
        name: "a line",
        wire: Array("hé\rllo\r\n".utf8),
        value: "hé\rllo",
        endsWithStream: true
      ) {
        try await $0.frame(LineFraming(), $1)
      },
      BufferedRead(name: "a frame after its length", wire: [0, 3, 7, 8, 9], value: "[7, 8, 9]") {
        try await $0.frame(LengthPrefixFraming(.uint16), $1)?.description
      },
      BufferedRead(
        name: "a frame after its variable length",
        wire: [0x81, 1] + pattern(129),
        value: pattern(129).description
      ) {
        try await $0.frame(LengthPrefixFraming(.varint), $1)?.description
      },
      BufferedRead(name: "a frame before a delimiter", wire: [1, 2, 1, 1, 3], value: "[1, 2]") {
        try await $0.frame(DelimiterFraming([1, 1, 3]), $1)?.description
      },
      BufferedRead(name: "a frame of a certain size", wire: [1, 2, 3], value: "[1, 2, 3]") {
        try await $0.frame(FixedSizeFraming(3), $1)?.description
      },
      BufferedRead(name: "a look, then the bytes", wire: [5, 6, 7], value: "[5, 6, 7] [5, 6, 7]") {
        let seen = try await $0.peek(atLeast: 3, deadline: $1)
        return try await $0.read(exactly: 3, deadline: $1).map { "\(seen?.prefix(3) ?? []) \($0)" }
      },
      BufferedRead(
        name: "what a decoder of the user's makes",
        wire: [2, 0, 1, 0, 2],
        value: "[1, 2]"
      ) {
        try await $0.frame(Samples(), $1)?.description
      },
    ]
  }

  /// A user's decoder: a byte that says how many sixteen-bit numbers follow.
  private struct Samples: FrameDecoder {
    func decode(_ buffer: inout ReadBuffer) throws -> [UInt16]? {
      guard !buffer.isEmpty, buffer.count > 2 * Int(buffer[0]) else { return nil }
      let count = Int(buffer[0])
      defer { buffer.skip(1 + 2 * count) }
      return (0..<count).compactMap { buffer.integer(at: 1 + 2 * $0, as: UInt16.self) }
    }
  }
}

extension ByteStream {
  /// The next frame.
  func frame<Decoder: FrameDecoder & Sendable>(
    _ decoder: Decoder,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> Decoder.Frame? {
    var iterator = frames(using: decoder).makeAsyncIterator()
    if let deadline { return try await iterator.next(deadline: deadline) }
    return try await iterator.next()
  }
}
