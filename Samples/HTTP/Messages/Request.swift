/// The head of a request: what of it the server acts upon.
package struct Request: Equatable {
  /// How the end of the body is found.
  enum Framing: Equatable { case none, length(Int), chunked }

  /// The fields that are kept as they are.
  enum Field { case range, ifRange, ifNoneMatch, ifModifiedSince }

  /// The method, as it was sent.
  package var method: String

  /// The path, as it was sent: what a client asks for by a whole URI is asked for by its path.
  package var path: String

  /// The query with its question mark, as it was sent; empty for none.
  package var query = ""

  /// 1 for HTTP/1.1, 0 for HTTP/1.0.
  package var minorVersion: Int

  /// Whether the connection goes on after the answer.
  var isPersistent = false

  /// How the end of the body is found.
  var framing = Framing.none

  /// Whether the client waits for a word before it sends the body.
  var expectsContinue = false

  /// The fields that are there of those that are kept.
  var fields: [Field: String] = [:]

  /// Whether the answer has no body, whatever its head says.
  var isHead: Bool { method == "HEAD" }
}
