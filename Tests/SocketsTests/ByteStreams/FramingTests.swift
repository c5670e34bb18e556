import SocketsTesting
import Testing

@testable import Sockets

private typealias ByteFraming = FrameDecoder<[UInt8]> & FrameEncoder<[UInt8]> & Sendable

/// A framing of byte frames, to run the same checks on each.
struct SampleFraming: Sendable, CustomTestStringConvertible {
  let testDescription: String
  fileprivate let framing: any ByteFraming
  let frames: [[UInt8]]

  static let all: [SampleFraming] = ByteOrder.allCases.flatMap(prefixed) + others

  private static func prefixed(_ order: ByteOrder) -> [SampleFraming] {
    let prefixes: [LengthPrefixFraming.Prefix] = [.uint8, .uint16, .uint32, .uint64, .varint]
    return prefixes.map { prefix in
      SampleFraming(
        testDescription: "\(prefix), \(order)",
        framing: LengthPrefixFraming(prefix, byteOrder: order),
        frames: [[7], [], pattern(200), [0, 0, 1], [], []]
      )
    }
  }

  private static let others: [SampleFraming] = [
    SampleFraming(
      testDescription: "one byte as delimiter",
      framing: DelimiterFraming([0]),
      frames: [[1], [], [2, 2], pattern(60).filter { $0 != 0 }, []]
    ),
    SampleFraming(
      testDescription: "a delimiter that overlaps itself",
      framing: DelimiterFraming([5, 5, 6]),
      frames: [[1], [], [6, 5], [5, 6, 5, 4, 5, 5, 5, 4], [5, 1]]
    ),
    SampleFraming(
      testDescription: "fixed size",
      framing: FixedSizeFraming(3),
      frames: [[1, 2, 3], [0, 0, 0], [255, 255, 255]]
    ),
  ]

  /// The frames on the wire, and where each ends.
  func encoded() throws -> (bytes: [UInt8], ends: [Int]) {
    func encode(with framing: some ByteFraming) throws -> (bytes: [UInt8], ends: [Int]) {
      var buffer = WriteBuffer()
      var ends: [Int] = []
      for frame in frames {
        try framing.encode(frame, into: &buffer)
        ends.append(buffer.count)
      }
      return (Array(buffer.pieces.joined()), ends)
    }
    return try encode(with: framing)
  }

  /// What a reader makes of the pieces.
  func feed(_ pieces: [[UInt8]]) -> PieceFeeder<[UInt8]> {
    func feed(_ framing: some ByteFraming) -> PieceFeeder<[UInt8]> {
      var framing = framing
      return PieceFeeder(pieces) { try framing.decode(&$0) }
    }
    return feed(framing)
  }
}

@Suite(.timeLimit(.minutes(1))) struct FramingTests {
  @Test(arguments: SampleFraming.all)
  func `frames come out as they went in, wherever the stream is split`(sample: SampleFraming) throws
  {
    let (bytes, _) = try sample.encoded()
    for index in 0...bytes.count {
      let fed = sample.feed(bytes.split(at: index))
      #expect(fed.values == sample.frames)
      #expect(fed.failure == nil)
    }
  }

  @Test(arguments: SampleFraming.all)
  func `frames come out as they went in, byte by byte and in random pieces`(
    sample: SampleFraming
  ) throws {
    let (bytes, _) = try sample.encoded()
    #expect(sample.feed(bytes.pieces(of: 1)).values == sample.frames)
    for seed in 0..<200 {
      var random = SplitMix64(seed: UInt64(seed))
      let fed = sample.feed(bytes.pieces(upTo: 40, &random))
      #expect(fed.values == sample.frames, "seed \(seed)")
    }
  }

  @Test(arguments: SampleFraming.all)
  func `a stream that ends within a frame is cut, one that ends between frames is whole`(
    sample: SampleFraming
  ) throws {
    let (bytes, ends) = try sample.encoded()
    for end in 0...bytes.count {
      let fed = sample.feed([Array(bytes[..<end])].filter { !$0.isEmpty })
      let complete = ends.filter { $0 <= end }
      #expect(fed.values == Array(sample.frames.prefix(complete.count)))
      let isWhole = end == 0 || ends.contains(end)
      #expect(fed.code == (isWhole ? nil : .unexpectedEndOfStream), "end at \(end)")
      #expect(fed.rest == Array(bytes[(complete.last ?? 0)..<end]))
    }
  }

  @Test func `random frames of every framing survive random pieces`() throws {
    for seed in 0..<300 {
      var random = SplitMix64(seed: UInt64(seed))
      let prefix: LengthPrefixFraming.Prefix =
        [.uint16, .uint32, .uint64, .varint].randomElement(using: &random) ?? .varint
      let frames = (0..<Int.random(in: 0...20, using: &random)).map { _ in
        (0..<Int.random(in: 0...(seed % 3 == 0 ? 3000 : 300), using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
      }
      let sample = SampleFraming(
        testDescription: "",
        framing: LengthPrefixFraming(prefix, byteOrder: .littleEndian),
        frames: frames
      )
      let pieces = try sample.encoded().bytes.pieces(upTo: 5000, &random)
      #expect(sample.feed(pieces).values == frames, "seed \(seed)")
    }
  }

  @Test func `a search goes on where an earlier try has found nothing`() throws {
    // The first bytes hold delimiters that an earlier try, had there been one, would have found.
    var buffer = ReadBuffer([0, 1, 1, 0])
    buffer.examinedCount = 3
    #expect(try DelimiterFraming([0]).decode(&buffer) == [0, 1, 1])
    buffer = ReadBuffer([5, 6, 5, 6])
    buffer.examinedCount = 3
    #expect(
      try DelimiterFraming([5, 6]).decode(&buffer) == [5, 6],
      "it may begin before its end is there"
    )
    buffer = ReadBuffer(Array("\n\nab\n".utf8))
    buffer.examinedCount = 2
    #expect(try LineFraming().decode(&buffer) == "\n\nab")
    let fed = PieceFeeder([UInt8](repeating: 1, count: 1000).pieces(of: 1)) { buffer -> Int? in
      #expect(buffer.examinedCount == max(0, buffer.count - (buffer.isAtEnd ? 0 : 1)))
      return nil
    }
    #expect(fed.tries == 1001)
  }

  // Limits and bad input

  @Test(arguments: [0, 1, 5]) func `the limit itself is allowed, one more is not`(limit: Int) throws
  {
    let frame = [UInt8](repeating: 9, count: limit)
    let long = frame + [9]
    let prefix = (whole: UInt8(limit), long: UInt8(limit + 1))
    let prefixed = LengthPrefixFraming(.uint8, limit: limit)
    try check(prefixed, [prefix.whole] + frame, [prefix.long] + long)
    try check(DelimiterFraming([1, 2], limit: limit), frame + [1, 2], long + [1, 2])

    func check(_ framing: some ByteFraming, _ whole: [UInt8], _ tooLong: [UInt8]) throws {
      let sample = SampleFraming(testDescription: "", framing: framing, frames: [frame])
      #expect(try sample.encoded().bytes == whole)
      for pieces in [[whole], whole.pieces(of: 1)] {
        #expect(sample.feed(pieces).values == [frame])
      }
      for pieces in [[tooLong], tooLong.pieces(of: 1)] {
        let fed = sample.feed(pieces)
        #expect(fed.code == .limitExceeded)
        #expect(fed.values.isEmpty)
        #expect(tooLong.starts(with: fed.rest), "nothing was taken")
      }
      let longSample = SampleFraming(testDescription: "", framing: framing, frames: [long])
      let error = #expect(throws: SocketError.self) { try longSample.encoded() }
      #expect(error?.code == .limitExceeded)
    }
  }

  @Test func `a length beyond all limits is refused as soon as it is there`() {
    for order in ByteOrder.allCases {
      let framing = LengthPrefixFraming(.uint64, byteOrder: order, limit: .max)
      let huge = [UInt8](repeating: 0xFF, count: 8)
      #expect(PieceFeeder([huge]) { try framing.decode(&$0) }.code == .limitExceeded)
      var negative = [UInt8](repeating: 0, count: 8)
      negative[order == .bigEndian ? 0 : 7] = 0x80
      #expect(PieceFeeder([negative]) { try framing.decode(&$0) }.code == .limitExceeded)
    }
    let framing = LengthPrefixFraming(.uint32, limit: 1000)
    let fed = PieceFeeder([[0, 0], [3, 0xE9]]) { try framing.decode(&$0) }
    #expect(fed.code == .limitExceeded)
    #expect(fed.rest == [0, 0, 3, 0xE9])
  }

  @Test func `a length that does not fit its prefix is not written`() throws {
    var buffer = WriteBuffer()
    let framing = LengthPrefixFraming(.uint8)
    try framing.encode(pattern(255), into: &buffer)
    #expect(buffer.count == 256)
    let error = #expect(throws: SocketError.self) {
      try framing.encode(pattern(256), into: &buffer)
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.operation == .write)
    #expect(buffer.count == 256)
  }

  @Test func `a frame that would not be read as it was written is refused`() throws {
    var buffer = WriteBuffer()
    for (delimiter, frame): ([UInt8], [UInt8]) in [
      ([0], [1, 0]), ([5, 5, 6], [1, 5, 5, 6, 2]), ([5, 5], [1, 5]), ([1, 2, 1, 2, 1], [0, 1, 2]),
    ] {
      let framing = DelimiterFraming(delimiter)
      let error = #expect(throws: SocketError.self) { try framing.encode(frame, into: &buffer) }
      #expect(error?.code == .malformedFrame)
    }
    let sized = #expect(throws: SocketError.self) {
      try FixedSizeFraming(3).encode([1, 2], into: &buffer)
    }
    #expect(sized?.code == .malformedFrame)
    for line in ["a\nb", "\n", "a\r"] {
      let error = #expect(throws: SocketError.self) {
        try LineFraming().encode(line, into: &buffer)
      }
      #expect(error?.code == .malformedFrame)
    }
    #expect(buffer.count == 0)
  }

  @Test func `variable lengths are read as they were written, and in no other form`() throws {
    let numbers: [UInt64] = [0, 1, 127, 128, 255, 300, 16_383, 16_384, 1 << 32, .max >> 1, .max]
    for number in numbers {
      var buffer = WriteBuffer()
      buffer.append(varint: number)
      let bytes = Array(buffer.pieces.joined())
      let read = try #require(try ReadBuffer(bytes + [0x55]).varint())
      #expect(read.value == number)
      #expect(read.size == bytes.count)
      for cut in 0..<bytes.count { #expect(try ReadBuffer(Array(bytes[..<cut])).varint() == nil) }
    }
    let nine = [UInt8](repeating: 0xFF, count: 9)
    for bytes: [UInt8] in [
      [0x80, 0], [0x81, 0x80, 0], nine + [2], nine + [0x81], nine + [0x7F], nine + [0],
    ] {
      let error = #expect(throws: SocketError.self) { try ReadBuffer(bytes).varint() }
      #expect(error?.code == .malformedFrame)
    }
  }
}
