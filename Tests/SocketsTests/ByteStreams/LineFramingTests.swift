import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct LineFramingTests {
  /// What a reader makes of the pieces.
  private func lines(_ pieces: [[UInt8]], limit: Int = 100) -> PieceFeeder<String> {
    let framing = LineFraming(limit: limit)
    return PieceFeeder(pieces) { try framing.decode(&$0) }
  }

  /// A stream, and its lines.
  private static let streams: [(String, [String])] = [
    ("", []),
    ("\n", [""]),
    ("\r\n", [""]),
    ("one\n", ["one"]),
    ("one", ["one"]),
    ("one\r\ntwo\nthree\r\n", ["one", "two", "three"]),
    ("\n\r\n\n", ["", "", ""]),
    ("a\rb\r\r\nc\r", ["a\rb\r", "c\r"]),
    ("\r", ["\r"]),
    ("naïve ☃ 𝄞\r\n last", ["naïve ☃ 𝄞", " last"]),
  ]

  @Test func `lines end with LF or CRLF, wherever the stream is split`() {
    for (text, expected) in Self.streams {
      let bytes = Array(text.utf8)
      for index in 0...bytes.count {
        let fed = lines(bytes.split(at: index))
        #expect(fed.values.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
        #expect(fed.failure == nil)
        #expect(fed.rest.isEmpty)
      }
      #expect(
        lines(bytes.pieces(of: 1)).values.map { Array($0.utf8) } == expected.map { Array($0.utf8) }
      )
    }
  }

  @Test func `the limit counts the line without its end`() {
    for text in ["abc\n", "abc\r\n", "abc"] {
      for pieces in [[Array(text.utf8)], Array(text.utf8).pieces(of: 1)] {
        #expect(lines(pieces, limit: 3).values == ["abc"])
        let fed = lines(pieces, limit: 2)
        #expect(fed.code == .limitExceeded)
        #expect(text.utf8.starts(with: fed.rest), "nothing was taken")
      }
    }
    #expect(lines([Array("abc\r".utf8)], limit: 3).code == .limitExceeded, "the CR ends no line")
    #expect(lines([Array("\n\r\n".utf8)], limit: 0).values == ["", ""])
  }

  @Test func `bytes that are no text become replacement characters`() {
    #expect(lines([[0x61, 0xFF, 0x62, 0x0A, 0xC3, 0x0A]]).values == ["a\u{FFFD}b", "\u{FFFD}"])
    // A character whose bytes come apart is whole again.
    #expect(lines([[0xC3], [0xA9, 0x0A]]).values == ["é"])
  }

  @Test func `lines are written with the end that was asked for`() throws {
    var buffer = WriteBuffer()
    try LineFraming(ending: .lf).encode("one", into: &buffer)
    try LineFraming(ending: .crlf).encode("two", into: &buffer)
    try LineFraming(ending: .crlf).encode("", into: &buffer)
    #expect(Array(buffer.pieces.joined()) == Array("one\ntwo\r\n\r\n".utf8))
  }
}
