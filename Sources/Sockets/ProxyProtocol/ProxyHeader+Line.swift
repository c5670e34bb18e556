/// Version 1: one line of text.
extension ProxyHeader {
  /// What the line begins with.
  static let keyword = Array("PROXY ".utf8)

  /// The length of the shortest line, `PROXY UNKNOWN` and its end.
  static let shortestLine = 15

  /// The length of the longest line, its end included.
  static let longestLine = 107

  /// How far a line goes.
  ///
  /// - Parameters:
  ///   - bytes: What is there of it, at least one byte, and what follows it.
  ///   - maximumLength: The most bytes that it may have.
  /// - Returns: How far.
  /// - Throws: That it is no line of the protocol.
  static func lineExtent(
    of bytes: ArraySlice<UInt8>,
    _ maximumLength: Int
  ) throws(Malformed) -> Extent {
    let (carriageReturn, lineFeed) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
    let limit = min(longestLine, maximumLength)
    let line = bytes.prefix(limit)
    guard keyword.starts(with: line.prefix(keyword.count)) else {
      throw Malformed("it begins with neither PROXY nor the signature of version 2")
    }
    guard let end = line.firstIndex(where: { $0 == carriageReturn || $0 == lineFeed }) else {
      if bytes.count >= limit - 1 {
        throw Malformed("the line does not end within \(limit) bytes")
      }
      return .atLeast(max(shortestLine, bytes.count + 2))
    }
    guard line[end] == carriageReturn, end + 1 >= bytes.endIndex || bytes[end + 1] == lineFeed
    else { throw Malformed("the line does not end with CR and LF") }
    let length = end + 2 - bytes.startIndex
    if length > limit { throw Malformed("the line does not end within \(limit) bytes") }
    return bytes.count >= length ? .complete(length) : .exactly(length)
  }

  /// Reads a line.
  ///
  /// - Parameter line: The line without its end.
  /// - Returns: What it says.
  /// - Throws: What is wrong with it.
  static func endpoints(line: ArraySlice<UInt8>) throws(Malformed) -> Endpoints {
    let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    let family = words.count > 1 ? words[1] : ""
    // What follows the word is to be ignored.
    if family == "UNKNOWN" { return .unknown }
    guard family == "TCP4" || family == "TCP6" else {
      throw Malformed("TCP4, TCP6 or UNKNOWN is missing")
    }
    guard words.count == 6 else { throw Malformed("it has \(words.count) words, not 6") }
    let isIPv6 = family == "TCP6"
    return .ip(
      source: SocketAddress(try address(words[2], isIPv6), port: try port(words[4])),
      destination: SocketAddress(try address(words[3], isIPv6), port: try port(words[5]))
    )
  }

  private static func address(_ word: String, _ isIPv6: Bool) throws(Malformed) -> IPAddress {
    if isIPv6 {
      // A zone would be one of the proxy's machine.
      if !word.contains("%"), let ip = IPv6Address(word) { return .v6(ip) }
    } else if let ip = IPv4Address(word) {
      return .v4(ip)
    }
    throw Malformed("one of its addresses is not an \(isIPv6 ? "IPv6" : "IPv4") address")
  }

  private static func port(_ word: String) throws(Malformed) -> UInt16 {
    // UInt16 would also read "+1" and "01".
    guard let port = UInt16(word), String(port) == word else {
      throw Malformed("one of its ports is not a number, 0 to 65535, without leading zeros")
    }
    return port
  }

  /// The line that says what this header says, as far as a line can.
  var line: String {
    guard !isDatagram, case .ip(let source, let destination) = Self.alike(endpoints) else {
      return "PROXY UNKNOWN\r\n"
    }
    let family = source.isIPv6 ? "TCP6" : "TCP4"
    return "PROXY \(family) \(source.ip) \(destination.ip) \(source.port) \(destination.port)\r\n"
  }
}
