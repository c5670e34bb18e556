import Sockets
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(1))) struct RequestDecoderTests {
  /// What is decoded from bytes; `nil` if they are too few.
  private func decode(_ text: String) throws -> Request? {
    var buffer = ReadBuffer(Array(text.utf8))
    return try RequestDecoder().decode(&buffer)
  }

  @Test func `a request is read, and not a byte behind it`() throws {
    var buffer = ReadBuffer(Array("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\nGET".utf8))
    let request = try #require(try RequestDecoder().decode(&buffer))
    #expect(request.method == "GET")
    #expect(request.path == "/a")
    #expect(request.query == "?b")
    #expect(request.minorVersion == 1)
    #expect(request.isPersistent)
    #expect(request.framing == .none)
    #expect(buffer.take(buffer.count) == Array("GET".utf8))
  }

  @Test func `fields are known by their names in any case, without the blanks around their values`()
    throws
  {
    let request = try decode(
      """
      PUT / HTTP/1.1\r
      HOST:localhost:80\r
      content-LENGTH: \t 12 \t\r
      Expect: 100-Continue\r
      Range: bytes=0-1\r
      If-Range: "a"\r
      If-None-Match: "b"\r
      If-None-Match: "c"\r
      If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r
      X-Empty:\r
      X-Latin: \u{FC}\r
      \r

      """
    )
    #expect(request?.framing == .length(12))
    #expect(request?.expectsContinue == true)
    #expect(request?.fields[.range] == "bytes=0-1")
    #expect(request?.fields[.ifRange] == "\"a\"")
    #expect(request?.fields[.ifNoneMatch] == "\"b\", \"c\"")
    #expect(request?.fields[.ifModifiedSince] == "Sun, 06 Nov 1994 08:49:37 GMT")
  }

  @Test(arguments: [
    ("/", "/"), ("/%2e?", "/%2e?"), ("*", "*"), ("/a//b|{}", "/a//b|{}"),
    ("http://x", "/"), ("HTTP://x/a?b", "/a?b"), ("https://u@x:1?b", "/?b"),
  ])
  func `a target is a path, or a URI with one`(target: String, path: String) throws {
    let request = try #require(try decode("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n"))
    #expect(request.path + request.query == path)
  }

  @Test(arguments: [
    ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
    ("1.1", "Connection: x, Close\r\n", false), ("1.1", "Connection: closed\r\n", true),
    ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true), ("1.2", "", true),
    ("1.0", "Connection: keep-alive\r\nConnection: close\r\n", false),
  ])
  func `a connection goes on as its version and its client say`(
    version: String,
    field: String,
    isPersistent: Bool
  ) throws {
    let request = try decode("GET / HTTP/\(version)\r\nHost: x\r\n\(field)\r\n")
    #expect(request?.isPersistent == isPersistent)
  }

  @Test(arguments: [
    "GET / HTTP/1.0\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n",
  ])
  func `what can be read in one way only is read`(text: String) throws {
    #expect(try decode(text) != nil)
  }

  @Test(arguments: [
    // The line.
    "GET\r\n\r\n", "GET /\r\n\r\n", " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "G(T / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /\u{FC} HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n", "GET /# HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET x HTTP/1.1\r\nHost: x\r\n\r\n", "GET http:///x HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/11\r\nHost: x\r\n\r\n", "GET / HTTP/1.x\r\nHost: x\r\n\r\n",
    "GET / http/1.1\r\nHost: x\r\n\r\n", "GET / XTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    // Ends of lines, and what passes for them.
    "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\n\r\n\r\n", "\nGET / HTTP/1.1\r\n",
    "GET / HTTP/1.1\rHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\u{0}c\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\u{B}\r\n\r\n",
    // Fields.
    "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", "GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x,y\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n\ty: z\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\ny\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\ny z: a\r\n\r\n",
    // Lengths.
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
  ])
  func `what can be read in two ways, or in none, is refused`(text: String) {
    #expect(throws: Refusal(.badRequest)) { try decode(text) }
  }

  @Test(arguments: [
    ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", Status.versionNotSupported),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionNotSupported),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .notImplemented),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", .notImplemented),
    ("POST / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n", .expectationFailed),
    ("GET /\(String(repeating: "a", count: 8_000)) HTTP/1.1\r\nHost: x\r\n\r\n", .uriTooLong),
    ("GET /\(String(repeating: "a", count: 8_000))", .uriTooLong),
    (
      "GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 101) + "\r\n",
      .headerFieldsTooLarge
    ),
    ("GET / HTTP/1.1\r\na: \(String(repeating: "b", count: 16_384))", .headerFieldsTooLarge),
    (
      "GET / HTTP/1.1\r\na: \(String(repeating: "b", count: 16_384))\r\n\r\n", .headerFieldsTooLarge
    ),
  ])
  func `what is too new, too much or too large is refused by name`(text: String, status: Status) {
    #expect(throws: Refusal(status)) { try decode(text) }
  }

  @Test func `requests are the same in whatever pieces they arrive`() async throws {
    let text = "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD /b HTTP/1.0\r\nRange: y\r\n\r\n"
    let bytes = Array(text.utf8)
    for size in 1...bytes.count {
      let (client, server) = try MemoryPipe.pair()
      async let written: Void = {
        for start in stride(from: 0, to: bytes.count, by: size) {
          try await client.write(bytes[start..<min(bytes.count, start + size)])
        }
        try await client.finish()
      }()
      let requests = server.frames(using: RequestDecoder())
      var targets: [String] = []
      for try await request in requests { targets.append("\(request.method) \(request.path)") }
      try await written
      #expect(targets == ["GET /a", "HEAD /b"])
    }
  }

  @Test func `random bytes are read or refused, and nothing else comes of them`() {
    var generator = SystemRandomNumberGenerator()
    let valid = Array("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nRange: y\r\n\r\n".utf8)
    for _ in 0..<20_000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert("\r\n \t:,\0".utf8.randomElement(using: &generator) ?? 0, at: place)
        }
      }
      var buffer = ReadBuffer(bytes)
      do { _ = try RequestDecoder().decode(&buffer) } catch {
        #expect(error is Refusal, "\(bytes)")
      }
    }
  }
}
