import Glibc

/// The `Date` field of answers, formatted once a second.
struct DateField {
  private var second = -1
  private var bytes: [UInt8] = []

  /// Adds the field, with the end of the line before it.
  mutating func append(to output: inout [UInt8]) {
    let now = HTTPDate.now
    if now.seconds != second {
      second = now.seconds
      bytes = Array("\r\nDate: \(now.text)".utf8)
    }
    output.append(contentsOf: bytes)
  }
}

extension HTTPDate {
  /// The present second.
  static var now: HTTPDate { HTTPDate(seconds: time(nil)) }
}
