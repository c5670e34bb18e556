/// Replies as bytes, in version 2 or 3 of the protocol (RESP).
struct Reply {
  /// The version that the client has asked for.
  var version = 2

  private(set) var bytes: [UInt8] = []

  /// Whether something was left out, since there is more than a reply may have.
  private(set) var isTooLong = false

  /// The most bytes that wait to be sent.
  private static let limit = 1 << 30

  /// Whether there is room for so many bytes more, in so many values.
  func hasRoom(for size: Int, in count: Int) -> Bool {
    bytes.count + size + 24 * count <= Self.limit
  }

  /// Takes what has been added so far.
  mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  /// Forgets what has been added so far.
  mutating func removeAll() { bytes.removeAll(keepingCapacity: bytes.capacity < 1 << 16) }

  /// Forgets what has been added behind so many bytes.
  mutating func removeAll(behind count: Int) {
    bytes.removeSubrange(count...)
    isTooLong = false
  }

  /// A few words, such as `OK`.
  mutating func simple(_ text: String) {
    bytes.append(UInt8(ascii: "+"))
    bytes.append(contentsOf: text.utf8)
    bytes.appendLineEnd()
  }

  /// An error: a word in capitals and what a person should know, in one line whatever the text.
  mutating func error(_ text: String) {
    bytes.append(UInt8(ascii: "-"))
    bytes.append(contentsOf: text.utf8.lazy.map { $0 < UInt8(ascii: " ") ? UInt8(ascii: " ") : $0 })
    bytes.appendLineEnd()
  }

  mutating func integer(_ value: Int) { bytes.append(line: ":", value) }

  mutating func bulk(_ value: some Collection<UInt8>) {
    if bytes.count + value.count > Self.limit { isTooLong = true }
    if isTooLong { return }
    bytes.append(bulk: value)
  }

  mutating func bulk(_ text: String) { bulk(text.utf8) }

  /// Nothing, where there could be a value.
  mutating func null() { bytes.append(contentsOf: (version == 2 ? "$-1\r\n" : "_\r\n").utf8) }

  /// Nothing, where there could be an array.
  mutating func nullArray() { bytes.append(contentsOf: (version == 2 ? "*-1\r\n" : "_\r\n").utf8) }

  /// The beginning of an array: so many values follow.
  mutating func array(_ count: Int) { bytes.append(line: "*", count) }

  /// The beginning of a map: so many pairs follow.
  mutating func map(_ count: Int) {
    if version == 2 { bytes.append(line: "*", 2 * count) } else { bytes.append(line: "%", count) }
  }

  /// The beginning of a message that is no answer: so many values follow.
  mutating func push(_ count: Int) { bytes.append(line: version == 2 ? "*" : ">", count) }
}
