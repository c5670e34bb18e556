import SocketsTesting

@testable import Sockets

/// A stream without a socket: hands its pieces to a decoder, one after the other, as a connection does.
struct PieceFeeder<Value> {
  /// What the decoder has made of the pieces.
  private(set) var values: [Value] = []

  /// Why it has stopped; `nil` for the clean end.
  private(set) var failure: (any Error)?

  /// The bytes that were left then.
  private(set) var rest: [UInt8] = []

  /// How often the decoder was tried.
  private(set) var tries = 0

  /// Feeds a decoder.
  ///
  /// - Parameters:
  ///   - pieces: The bytes, in pieces, of which none is empty; then the stream ends.
  ///   - limit: As in a read.
  ///   - decode: The decoder.
  init(
    _ pieces: some Sequence<[UInt8]>,
    upTo limit: Int = .max,
    _ decode: (inout ReadBuffer) throws -> Value?
  ) {
    var buffer = ReadBuffer()
    var iterator = pieces.makeIterator()
    var (value, count) = (Value?.none, 0)
    defer { (rest, tries) = (buffer.prefix(.max), count) }
    func take(_ buffer: inout ReadBuffer) throws -> Bool {
      count += 1
      value = try decode(&buffer)
      return value != nil
    }
    while true {
      value = nil
      var step = FillStep.more
      buffer.examinedCount = 0
      if !buffer.isEmpty {
        step = FillStep(&buffer, upTo: limit, until: take)
      }
      while case .more = step {
        let piece = iterator.next()
        buffer.append(piece ?? [])
        buffer.isAtEnd = piece == nil
        step = FillStep(&buffer, upTo: limit, until: take)
        buffer.isAtEnd = false
      }
      switch step {
      case .more, .end: return
      case .done: if let value { values.append(value) }
      case .failure(let failure):
        self.failure = failure
        return
      }
    }
  }

  /// The code of the `SocketError` that it has stopped with.
  var code: SocketError.Code? { (failure as? SocketError)?.code }
}

extension Array<UInt8> {
  /// The bytes in pieces of one size; the last one may be smaller.
  func pieces(of size: Int) -> [[UInt8]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min(count, $0 + size)]) }
  }

  /// The bytes in two pieces, of which none is empty.
  func split(at index: Int) -> [[UInt8]] {
    [Array(self[..<index]), Array(self[index...])].filter { !$0.isEmpty }
  }

  /// The bytes in pieces of random sizes.
  func pieces(upTo limit: Int, _ random: inout SplitMix64) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    while start < count {
      let end = Swift.min(count, start + .random(in: 1...limit, using: &random))
      pieces.append(Array(self[start..<end]))
      start = end
    }
    return pieces
  }
}
