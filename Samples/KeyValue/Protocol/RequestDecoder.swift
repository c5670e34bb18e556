import Sockets

/// Takes whole requests out of what a client has sent: `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`, or as a person types it,
/// `GET k\r\n`.
///
/// It looks at each byte once, however small the pieces are in which a request comes, and copies them once,
/// all requests together.
struct RequestDecoder: FrameDecoder, Sendable {
  /// Bytes that are no request: the client is told, and its connection ends.
  struct ProtocolError: Error {
    let message: String
  }

  /// The most bytes of a request.
  let limit: Int

  /// Whether requests may come as a person types them.
  var allowsInline = true

  /// The most words of a request.
  private static let mostWords = 1 << 20

  /// The most bytes of a request that a person types.
  private static let longestLine = 1 << 16

  /// The words that were found so far, of all requests; and where each request's end.
  private var words: [Range<Int>] = []
  private var ends: [Int] = []

  /// How many words of the last request are still to come.
  private var missing = 0

  /// How far it has looked, and where the last whole request ends.
  private var position = 0
  private var complete = 0

  /// How far it has looked for the end of a line that a person types.
  private var searched = 0

  init(limit: Int, allowsInline: Bool = true) {
    self.limit = limit
    self.allowsInline = allowsInline
  }

  mutating func decode(_ buffer: inout ReadBuffer) throws -> Batch? {
    do throws(ProtocolError) {
      try buffer.withBytes { bytes throws(ProtocolError) in try scan(bytes) }
    } catch {
      // Those before it are answered first; the next try begins with it.
      if ends.isEmpty { throw error }
    }
    if complete == 0 { return nil }
    defer {
      words.removeAll(keepingCapacity: words.capacity < 1024)
      ends.removeAll(keepingCapacity: ends.capacity < 1024)
      (missing, position, complete, searched) = (0, 0, 0, 0)
    }
    guard let last = ends.last else {
      buffer.skip(complete)  // empty lines
      return nil
    }
    words.removeSubrange(last...)
    return Batch(bytes: buffer.take(complete), words: words, ends: ends)
  }

  /// Looks at what has come, as far as it goes.
  private mutating func scan(_ bytes: Span<UInt8>) throws(ProtocolError) {
    while position < bytes.count {
      guard try missing == 0 ? begin(bytes) : word(bytes) else { return }
      if missing > 0 { continue }
      if words.count > ends.last ?? 0 { ends.append(words.count) }
      complete = position
    }
  }

  /// Reads how many words there are; or all of them, if a person types.
  private mutating func begin(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
    guard bytes[position] == UInt8(ascii: "*") else { return try line(bytes) }
    guard let count = try number(in: bytes, "multibulk") else { return false }
    if count.value > Self.mostWords { throw ProtocolError(message: "invalid multibulk length") }
    missing = max(0, count.value)
    position = count.end
    return true
  }

  /// Reads a word.
  private mutating func word(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
    guard bytes[position] == UInt8(ascii: "$") else {
      let found = String(decoding: [bytes[position]], as: UTF8.self)
      throw ProtocolError(message: "expected '$', got \(found.debugDescription)")
    }
    guard let length = try number(in: bytes, "bulk") else { return false }
    if length.value < 0 { throw ProtocolError(message: "invalid bulk length") }
    if length.value > limit - (length.end - complete) {
      throw ProtocolError(message: "a request of more than \(limit) bytes")
    }
    let end = length.end + length.value
    guard bytes.count >= end + 2 else { return false }
    guard bytes[end] == UInt8(ascii: "\r"), bytes[end + 1] == UInt8(ascii: "\n") else {
      throw ProtocolError(message: "expected CR LF behind a bulk string")
    }
    words.append(length.end..<end)
    missing -= 1
    position = end + 2
    return true
  }

  /// Reads the number behind the byte at the position, and the end of its line.
  @inline(__always)
  private func number(
    in bytes: Span<UInt8>,
    _ name: String
  ) throws(ProtocolError) -> (value: Int, end: Int)? {
    let start = position + 1
    var value = 0
    for index in start..<bytes.count {
      let byte = bytes[index]
      if byte &- UInt8(ascii: "0") < 10, index - start < 18 {
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      } else if byte == UInt8(ascii: "-"), index == start {
        // Digits follow, maybe later.
      } else if byte == UInt8(ascii: "\r"), index > start {
        guard index + 1 < bytes.count else { return nil }
        if bytes[index + 1] != UInt8(ascii: "\n") { break }
        return (bytes[start] == UInt8(ascii: "-") ? -value : value, index + 2)
      } else {
        break
      }
      if index + 1 == bytes.count { return nil }
    }
    if start == bytes.count { return nil }
    throw ProtocolError(message: "invalid \(name) length")
  }

  /// Reads a line of words with spaces between them; a word in quotes may have spaces in it.
  private mutating func line(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
    if !allowsInline { throw ProtocolError(message: "expected '*'") }
    var end = max(position, searched)
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    if end - position > Self.longestLine { throw ProtocolError(message: "too big inline request") }
    searched = end
    if end == bytes.count { return false }
    let first = words.count
    var index = position
    while true {
      while index < end, Self.isSpace(bytes[index]) { index += 1 }
      if index == end { break }
      let start = index
      let quote = bytes[index]
      if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
        index += 1
        while index < end, bytes[index] != quote { index += 1 }
        guard index < end, index + 1 == end || Self.isSpace(bytes[index + 1]) else {
          throw ProtocolError(message: "unbalanced quotes in request")
        }
        words.append(start + 1..<index)
        index += 1
      } else {
        while index < end, !Self.isSpace(bytes[index]) { index += 1 }
        words.append(start..<index)
      }
    }
    // A web page can make a browser send lines of its choice, but not without these.
    if words.count > first, Self.isWeb(bytes.extracting(words[first])) {
      throw ProtocolError(message: "this is not a web server")
    }
    position = end + 1
    return true
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  /// Whether a word is one that each request of a web browser with a body has at the start of a line.
  private static func isWeb(_ word: Span<UInt8>) -> Bool {
    ["POST", "Host:"].contains { name in
      name.utf8.count == word.count
        && zip(name.utf8, word.indices).allSatisfy { $0 == word[$1] }
    }
  }
}
