import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The snippets of the article on streams and framing, run.
@Suite(.timeLimit(.minutes(1))) struct StreamsAndFramingTests {
  @Test func `a length, and as many bytes`() async throws {
    func message(from stream: some ByteStream) async throws -> [UInt8]? {
      guard let length = try await stream.read(UInt16.self) else { return nil }
      let body = try await stream.read(exactly: Int(length))
      return body
    }
    let (near, far) = try MemoryPipe.pair()
    try await far.write([0, 2, 7, 8])
    try await far.finish()
    #expect(try await message(from: near) == [7, 8])
    #expect(try await message(from: near) == nil)
  }

  /// Runs a handler at one end of a pair, and says what it answers to some bytes.
  private func answer(
    to bytes: String,
    by handler: @escaping @Sendable (TCPConnection) async throws -> Void
  ) async throws -> String {
    try await withPair { pair in
      let connection = pair.near
      async let handled: Void = { () async throws in
        try await handler(connection)
        try await connection.finish()
      }()
      try await pair.far.write(bytes)
      try await pair.far.finish()
      let reply = try await pair.far.readAll()
      try await handled
      return String(decoding: reply, as: UTF8.self)
    }
  }

  @Test func `lines and frames`() async throws {
    let lines = try await answer(to: "one\ntwo\n") { connection in
      for try await line in connection.lines(limit: 1_024) {
        try await connection.write("you said \(line)\n")
      }
    }
    #expect(lines == "you said one\nyou said two\n")
    let frames = try await answer(to: "\0\0\0\u{1}a\0\0\0\0") { connection in
      let framing = LengthPrefixFraming(.uint32, limit: 1 << 16)
      for try await frame in connection.frames(using: framing) {
        try await connection.write(frame: frame, using: framing)
      }
    }
    #expect(frames == "\0\0\0\u{1}a\0\0\0\0")
  }

  @Test func `netstrings, as a function and in a stream`() async throws {
    var buffer = ReadBuffer(Array("5:hello,3:yo".utf8))
    #expect(try Netstrings().decode(&buffer) == Array("hello".utf8))
    #expect(try Netstrings().decode(&buffer) == nil)

    for malformed in ["123456", "x:", "-1:", "65537:", "1:ab"] {
      var buffer = ReadBuffer(Array(malformed.utf8))
      #expect(throws: SocketError.self) { try Netstrings().decode(&buffer) }
    }
    let reply = try await answer(to: "5:hello,0:,") { connection in
      for try await frame in connection.frames(using: Netstrings()) {
        try await connection.write("\(frame.count) ")
      }
    }
    #expect(reply == "5 0 ")
    let (near, far) = try MemoryPipe.pair()
    try await far.write("2:hi,rest")
    #expect(try await near.read(decoding: Netstrings().decode) == Array("hi".utf8))
    #expect(try await near.read(upTo: 9) == Array("rest".utf8))
  }

  @Test func `parts that belong together`() async throws {
    var path = Array("/tmp/sockets-tests-XXXXXX".utf8CString)
    let file = OwnedDescriptor(owning: unsafe mkstemp(&path))
    _ = unsafe unlink(path)
    let text = Array("page".utf8)
    let number = file.withUnsafeDescriptor { $0 }
    #expect(unsafe text.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) } == 4)

    try await withPair { pair in
      let (connection, head, body) = (pair.near, Array("head".utf8), Array("body".utf8))
      try await connection.write(gathering: [head, body])
      try await connection.withCork {
        try await connection.write(head)
        try await connection.send(file: file)
      }
      #expect(try await pair.far.read(exactly: 16) == Array("headbodyheadpage".utf8))
    }
  }

  @Test func `a request without framing`() async throws {
    try await withPair { pair in
      let connection = pair.near
      async let answered: Void = { () async throws in
        try await pair.far.write(try await pair.far.readAll())
        pair.far.close()
      }()
      try await connection.write("everything I have")
      try await connection.finish()
      var reply: [UInt8] = []
      for try await chunk in connection.chunks { reply += chunk }
      #expect(reply == Array("everything I have".utf8))
      try await answered
    }
  }

  @Test func `an end and a reset`() async throws {
    for isReset in [false, true] {
      var notes: [String] = []
      func note(_ line: String) { notes.append(line) }
      try await withPair { pair in
        let connection = pair.near
        try await pair.far.write("one\n")
        if isReset { pair.far.reset() } else { pair.far.close() }
        do {
          for try await line in connection.lines() { note(line) }
          note("the peer has said all it had to say")
        } catch let error as SocketError where error.code == .connectionReset {
          note("the rest is missing")
        }
      }
      let last = isReset ? "the rest is missing" : "the peer has said all it had to say"
      #expect(notes.last == last)
    }
  }

  @Test func `an upgrade in mid-stream`() async throws {
    try await withPair { pair in
      @Sendable func serve(_ connection: TCPConnection) async throws {
        guard
          try await connection.read(until: UInt8(ascii: "\n")) == Array("STARTTLS".utf8)
        else { return }
        try await connection.write("go ahead\n")
        let secure = try CipherStream(connection, key: 7)
        for try await line in secure.lines() { try await secure.write("\(line), in secret\n") }
      }
      async let served: Void = serve(pair.near)
      try await pair.far.write("STARTTLS\n")
      #expect(try await pair.far.read(until: UInt8(ascii: "\n")) == Array("go ahead".utf8))
      let secure = try CipherStream(pair.far, key: 7)
      try await secure.write("hello\n")
      var lines = secure.lines().makeAsyncIterator()
      #expect(try await lines.next() == "hello, in secret")
      try await secure.finish()
      try await served
    }
  }

  @Test func `a relay`() async throws {
    @Sendable func note(_ line: String) { #expect(line == "5 bytes there, 2 back") }
    @Sendable func pass(_ client: TCPConnection, _ server: TCPConnection) async throws {
      let traffic = try await relay(client, server, idleLimit: .seconds(300))
      note("\(traffic.forward) bytes there, \(traffic.backward) back")
    }
    try await withPair { left in
      try await withPair { right in
        async let passed: Void = pass(left.far, right.near)
        try await left.near.write("hello")
        try await left.near.finish()
        #expect(try await right.far.readAll() == Array("hello".utf8))
        try await right.far.write("hi")
        try await right.far.finish()
        #expect(try await left.near.readAll() == Array("hi".utf8))
        try await passed
      }
    }
  }
}

/// Netstrings: a length in decimal, a colon, so many bytes, a comma.
struct Netstrings: FrameDecoder {
  func decode(_ buffer: inout ReadBuffer) throws -> [UInt8]? {
    guard let colon = buffer.firstOffset(of: UInt8(ascii: ":")) else {
      if buffer.count <= 5 { return nil }
      throw SocketError(.malformedFrame, operation: .read, detail: "no length")
    }
    let digits = String(decoding: buffer.prefix(colon), as: UTF8.self)
    guard let length = Int(digits), 0...65_536 ~= length else {
      throw SocketError(.malformedFrame, operation: .read, detail: "the length '\(digits)'")
    }
    let comma = colon + 1 + length
    guard buffer.count > comma else { return nil }
    guard buffer[comma] == UInt8(ascii: ",") else {
      throw SocketError(.malformedFrame, operation: .read, detail: "no comma")
    }
    buffer.skip(colon + 1)
    defer { buffer.skip(1) }
    return buffer.take(length)
  }
}
