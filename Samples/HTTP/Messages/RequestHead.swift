/// Reads a head line by line.
struct RequestHead {
  private var request: Request
  private var hosts = 0
  private var length: Int?
  private var isChunked = false
  private var saysClose = false
  private var saysKeepAlive = false

  /// Reads a head: its lines, each with CRLF at its end, without the empty one.
  static func read(_ head: Span<UInt8>) throws(Refusal) -> Request {
    var end = head.end(from: 0) { !$0.isControl || $0 == .tab }
    var reader = RequestHead(request: try requestLine(head.extracting(..<end)))
    var fields = 0
    while true {
      // Whatever control character it is that ended the line: CR and LF are the only ones that may.
      guard end + 1 < head.count, head[end] == .carriageReturn, head[end + 1] == .lineFeed else {
        throw Refusal(.badRequest)
      }
      let start = end + 2
      if start == head.count { break }
      fields += 1
      if fields > RequestDecoder.fieldLimit { throw Refusal(.headerFieldsTooLarge) }
      // A line that continues the one before begins with a space, which is no part of a name.
      let colon = head.end(from: start) { $0.isToken }
      guard colon > start, head[colon] == .colon else { throw Refusal(.badRequest) }
      end = head.end(from: colon) { !$0.isControl || $0 == .tab }
      try reader.note(
        head.extracting(start..<colon),
        head.extracting(head.withoutBlanks((colon + 1)..<end))
      )
    }
    return try reader.result()
  }

  private init(request: Request) { self.request = request }

  /// Reads a request line, without its end: RFC 9112 section 3.
  private static func requestLine(_ line: Span<UInt8>) throws(Refusal) -> Request {
    if line.count > RequestDecoder.lineLimit { throw Refusal(.uriTooLong) }
    let method = line.end(from: 0) { $0.isToken }
    guard method > 0, method < line.count, line[method] == .space else {
      throw Refusal(.badRequest)
    }
    let target = line.end(from: method + 1) { $0.isTarget }
    guard target > method + 1, target < line.count, line[target] == .space else {
      throw Refusal(.badRequest)
    }
    let version = line.extracting((target + 1)...)
    guard version.count == 8, version.extracting(..<5).text == "HTTP/",
      version[5].isDigit, version[6] == .dot, version[7].isDigit
    else { throw Refusal(.badRequest) }
    if version[5] != .one { throw Refusal(.versionNotSupported) }
    let start = try startOfPath(line.extracting(..<target), from: method + 1)
    let end = line.extracting(..<target).end(from: start) { $0 != .questionMark }
    return Request(
      method: line.extracting(..<method).text,
      path: start == end ? "/" : line.extracting(start..<end).text,
      query: line.extracting(end..<target).text,
      minorVersion: version[7] == .zero ? 0 : 1
    )
  }

  /// Where the path of a target begins: at once, unless it is a whole URI.
  private static func startOfPath(_ line: Span<UInt8>, from start: Int) throws(Refusal) -> Int {
    if line[start] == .slash || line.extracting(start...).isEqual(to: "*") { return start }
    for scheme in ["http://", "https://"] where line.count - start > scheme.utf8.count {
      let authority = start + scheme.utf8.count
      guard line.extracting(start..<authority).isEqual(to: scheme) else { continue }
      let end = line.end(from: authority) { $0 != .slash && $0 != .questionMark }
      if end > authority { return end }
    }
    throw Refusal(.badRequest)
  }

  /// Takes note of a field, if it is one of those that matter.
  private mutating func note(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Refusal) {
    if name.isEqual(to: "host") {
      hosts += 1
      guard value.end(from: 0, while: { $0.isHost }) == value.count else {
        throw Refusal(.badRequest)
      }
    } else if name.isEqual(to: "content-length") {
      guard let number = value.decimal, length == nil || length == number else {
        throw Refusal(.badRequest)
      }
      length = number
    } else if name.isEqual(to: "transfer-encoding") {
      if isChunked { throw Refusal(.badRequest) }
      guard value.isEqual(to: "chunked") else { throw Refusal(.notImplemented) }
      isChunked = true
    } else if name.isEqual(to: "connection") {
      value.forEachElement { option in
        if option.isEqual(to: "close") { saysClose = true }
        if option.isEqual(to: "keep-alive") { saysKeepAlive = true }
      }
    } else if name.isEqual(to: "expect") {
      guard value.isEqual(to: "100-continue") else { throw Refusal(.expectationFailed) }
      request.expectsContinue = true
    } else if name.isEqual(to: "range") {
      request.fields[.range] = value.text
    } else if name.isEqual(to: "if-range") {
      request.fields[.ifRange] = value.text
    } else if name.isEqual(to: "if-none-match") {
      // One list, however many fields it comes in.
      let first = request.fields[.ifNoneMatch].map { $0 + ", " } ?? ""
      request.fields[.ifNoneMatch] = first + value.text
    } else if name.isEqual(to: "if-modified-since") {
      request.fields[.ifModifiedSince] = value.text
    }
  }

  /// What all the fields together amount to.
  private consuming func result() throws(Refusal) -> Request {
    let isOld = request.minorVersion == 0
    // Two ways to find the end of the body; a way that HTTP/1.0 does not know; a request for nobody in
    // particular: RFC 9112 sections 6.1, 6.3 and 3.2.
    if isChunked, length != nil || isOld { throw Refusal(.badRequest) }
    if hosts > 1 || hosts == 0 && !isOld { throw Refusal(.badRequest) }
    if isChunked {
      request.framing = .chunked
    } else if let length, length > 0 {
      request.framing = .length(length)
    }
    // Nothing to wait for; and HTTP/1.0 has no word for it: RFC 9110 section 10.1.1.
    if request.framing == .none || isOld { request.expectsContinue = false }
    request.isPersistent = !saysClose && (!isOld || saysKeepAlive)
    return request
  }
}
