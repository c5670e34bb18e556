import Glibc

/// How heads begin: the status and the `Date` field, put together once a second.
struct HeadStart {
  private var status = Status.ok
  private var second = -1
  private var bytes: [UInt8] = []

  /// Adds the beginning of a head, without the end of its last line.
  mutating func append(_ status: Status, to output: inout [UInt8]) {
    let now = HTTPDate.now
    if now.seconds != second || status != self.status {
      (second, self.status) = (now.seconds, status)
      let line = "HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n"
      bytes = Array("\(line)Date: \(now.text)".utf8)
    }
    output.append(contentsOf: bytes)
  }
}

extension HTTPDate {
  /// The present second.
  package static var now: HTTPDate { HTTPDate(seconds: time(nil)) }
}
