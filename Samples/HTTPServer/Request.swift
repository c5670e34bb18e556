/// The head of a request: what of it the server acts upon.
struct Request: Equatable {
  /// How the end of the body is found.
  enum Framing: Equatable { case none, length(Int), chunked }

  /// The method, as it was sent.
  var method: String

  /// Path and query, as they were sent: what a client asks for by a whole URI is asked for by its path.
  var target: String

  /// 1 for HTTP/1.1, 0 for HTTP/1.0.
  var minorVersion: Int

  /// Whether the connection goes on after the answer.
  var isPersistent: Bool

  /// How the end of the body is found.
  var framing = Framing.none

  /// Whether the client waits for a word before it sends the body.
  var expectsContinue = false

  /// The field `Range`.
  var range: String?
  /// The field `If-Range`.
  var ifRange: String?
  /// The field `If-None-Match`.
  var ifNoneMatch: String?
  /// The field `If-Modified-Since`.
  var ifModifiedSince: String?

  /// Whether the answer has no body, whatever its head says.
  var isHead: Bool { method == "HEAD" }

  /// The target without its query, still encoded.
  var path: Substring {
    target[..<(target.utf8.firstIndex(of: .questionMark) ?? target.endIndex)]
  }
}
