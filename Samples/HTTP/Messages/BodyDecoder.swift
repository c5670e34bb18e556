import Sockets

/// Takes the body of a request out of the bytes that have arrived, in the pieces in which it arrives: RFC
/// 9112 sections 6.2 and 7.1.
struct BodyDecoder: FrameDecoder {
  private enum State {
    /// So many bytes are to come: of the whole body, or of a chunk.
    case bytes(Int)
    /// A line with the size of a chunk.
    case size
    /// The end of the line behind a chunk.
    case endOfChunk
    /// Fields behind the last chunk, and an empty line.
    case trailer
    case over
  }

  private var state: State
  private let isChunked: Bool

  /// How many bytes of the body may still come.
  private(set) var left: Int

  /// How many bytes the fields behind the last chunk may still have.
  private var trailerLeft = RequestDecoder.limit

  /// The most bytes of a line with the size of a chunk, and what a client adds to it.
  private static let lineLimit = 1_024

  /// Begins with a body.
  ///
  /// - Parameters:
  ///   - framing: How its end is found.
  ///   - limit: The most bytes that it may have.
  /// - Throws: That it has more.
  init(_ framing: Request.Framing, limit: Int) throws(Refusal) {
    left = limit
    isChunked = framing == .chunked
    switch framing {
    case .none: state = .over
    case .length(let length):
      if length > limit { throw Refusal(.contentTooLarge) }
      state = .bytes(length)
    case .chunked: state = .size
    }
  }

  /// Whether the body has come as a whole.
  var isOver: Bool { if case .over = state { true } else { false } }

  /// Takes the next piece.
  ///
  /// - Parameter buffer: The bytes.
  /// - Returns: The piece; an empty one for the end of a body in chunks; `nil` if more bytes are needed.
  /// - Throws: A ``Refusal``.
  mutating func decode(_ buffer: inout ReadBuffer) throws -> [UInt8]? {
    while true {
      switch state {
      case .over: return []
      case .bytes(let count):
        if buffer.isEmpty { return nil }
        let piece = buffer.take(min(count, buffer.count))
        left -= piece.count
        if piece.count < count {
          state = .bytes(count - piece.count)
        } else {
          state = isChunked ? .endOfChunk : .over
        }
        return piece
      case .endOfChunk:
        guard let line = try Self.takeLine(&buffer, limit: 0) else { return nil }
        if !line.isEmpty { throw Refusal(.badRequest) }
        state = .size
      case .size:
        guard let line = try Self.takeLine(&buffer, limit: Self.lineLimit) else { return nil }
        let size = try Self.size(line)
        if size > left { throw Refusal(.contentTooLarge) }
        state = size == 0 ? .trailer : .bytes(size)
      case .trailer:
        guard let line = try Self.takeLine(&buffer, limit: trailerLeft) else { return nil }
        trailerLeft -= line.count
        if line.isEmpty { state = .over }
      }
    }
  }

  /// Reads the size of a chunk: digits, and behind a semicolon whatever a client likes to add.
  private static func size(_ line: [UInt8]) throws(Refusal) -> Int {
    let digits = line.prefix { $0.hexadecimal != nil }
    let extra = line[digits.endIndex...].drop { $0 == .space || $0 == .tab }
    guard 1...15 ~= digits.count, digits.count == line.count || extra.first == .semicolon else {
      throw Refusal(.badRequest)
    }
    return digits.reduce(0) { $0 * 16 + ($1.hexadecimal ?? 0) }
  }

  /// Takes a line: it ends with CRLF, and has no other control characters but tabs.
  private static func takeLine(
    _ buffer: inout ReadBuffer,
    limit: Int
  ) throws(Refusal) -> [UInt8]? {
    let end = buffer.withBytes { bytes in bytes.end(from: 0) { !$0.isControl || $0 == .tab } }
    if end > limit { throw Refusal(.badRequest) }
    if end < buffer.count, buffer[end] != .carriageReturn { throw Refusal(.badRequest) }
    guard end + 1 < buffer.count else { return nil }
    if buffer[end + 1] != .lineFeed { throw Refusal(.badRequest) }
    let line = buffer.take(end)
    buffer.skip(2)
    return line
  }
}
