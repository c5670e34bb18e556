import Sockets
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(1))) struct BodyDecoderTests {
  /// The body of a request, and what lies behind it.
  private func decode(
    _ text: String,
    _ framing: Request.Framing = .chunked,
    limit: Int = 100
  ) throws -> (body: String, rest: String, isOver: Bool) {
    var buffer = ReadBuffer(Array(text.utf8))
    var decoder = try BodyDecoder(framing, limit: limit)
    var body: [UInt8] = []
    while !decoder.isOver, let piece = try decoder.decode(&buffer) { body += piece }
    let rest = buffer.take(buffer.count)
    return (
      String(decoding: body, as: UTF8.self), String(decoding: rest, as: UTF8.self), decoder.isOver
    )
  }

  @Test func `no body is over at once`() throws {
    #expect(try decode("GET", .none) == ("", "GET", true))
  }

  @Test func `a body has the length that was announced`() throws {
    #expect(try decode("helloGET", .length(5)) == ("hello", "GET", true))
    #expect(try decode("hell", .length(5)) == ("hell", "", false))
  }

  @Test(arguments: [
    ("0\r\n\r\nGET", ""), ("5\r\nhello\r\n0\r\n\r\nGET", "hello"),
    ("1\r\nh\r\n4\r\nello\r\n000\r\n\r\nGET", "hello"),
    ("A\r\n0123456789\r\n0;last\r\n\r\nGET", "0123456789"),
    ("00a;x=\"y\";z \r\n0123456789\r\n0 ;\r\n\r\nGET", "0123456789"),
    ("1\r\n\r\r\n0\r\nA: b\r\nC:\td\r\n\r\nGET", "\r"),
  ])
  func `a body in chunks is what they hold`(text: String, body: String) throws {
    #expect(try decode(text) == (body, "GET", true))
  }

  @Test(arguments: [
    "\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "1 1\r\n", "1\n", "1\r\r\n",
    "1\rx", "1;a\nb\r\n", "1;a\u{0}\r\n", ";\r\n", "0000000000000001\r\n", "fffffffffffffffff\r\n",
    "1\r\nab", "1\r\na\nb", "1\r\na\r0", "2\r\na\r\n0\r\n", "0\r\nA: b\n\n", "0\r\n\n",
    "1;" + String(repeating: "a", count: 2_000),
    "0\r\nA: " + String(repeating: "a", count: 20_000),
  ])
  func `chunks that can be read in two ways, or in none, are refused`(text: String) {
    #expect(throws: Refusal(.badRequest)) { try decode(text) }
  }

  @Test func `a body that is too large is refused as soon as that is certain`() throws {
    #expect(throws: Refusal(.contentTooLarge)) { try decode("", .length(101)) }
    #expect(throws: Refusal(.contentTooLarge)) { try decode("65\r\n") }
    #expect(throws: Refusal(.contentTooLarge)) { try decode("1\r\na\r\n2\r\n", limit: 2) }
    #expect(throws: Refusal(.contentTooLarge)) { try decode("fffffffffffffff\r\n") }
    #expect(try decode("2\r\nab\r\n0\r\n\r\n", limit: 2).body == "ab")
  }

  @Test func `a body is the same in whatever pieces it arrives`() async throws {
    let bytes = Array("1;a\r\nh\r\n4\r\nello\r\n0\r\nA: b\r\n\r\nGET".utf8)
    for size in 1...bytes.count {
      let (client, server) = try MemoryPipe.pair()
      async let written: Void = {
        for start in stride(from: 0, to: bytes.count, by: size) {
          try await client.write(bytes[start..<min(bytes.count, start + size)])
        }
      }()
      var decoder = try BodyDecoder(.chunked, limit: 5)
      var body: [UInt8] = []
      while !decoder.isOver {
        body += try #require(try await server.read { try decoder.decode(&$0) })
      }
      #expect(body == Array("hello".utf8))
      #expect(try await server.read(exactly: 3) == Array("GET".utf8))
      try await written
    }
  }
}
