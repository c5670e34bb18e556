import HTTP

/// What the server has to offer: a greeting, an echo, its own figures, and the files of a folder.
struct Site: Sendable {
  /// The folder; `nil` for none.
  let folder: Folder?

  /// The figures.
  let figures: Figures

  private static let hello = Array("Hello, world!\n".utf8)
  private static let methods: Set = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
  ]

  /// Answers a request.
  func response(to request: Request) -> Response {
    switch request.path {
    case "/hello": Self.allowing(["GET", "HEAD"], request) { Response(body: .bytes(Self.hello)) }
    case "/echo":
      Self.allowing(["POST", "PUT"], request) {
        Response(type: "application/octet-stream", body: .echo)
      }
    case "/stats":
      Self.allowing(["GET", "HEAD"], request) {
        Response(
          fields: [("Cache-Control", "no-store")],
          body: .bytes(Array(figures.text.utf8))
        )
      }
    default:
      Self.allowing(["GET", "HEAD"], request) {
        folder?.response(to: request) ?? .plain(.notFound)
      }
    }
  }

  /// Answers a request if it has one of some methods.
  private static func allowing(
    _ methods: [String],
    _ request: Request,
    _ response: () -> Response
  ) -> Response {
    if methods.contains(request.method) { return response() }
    var refusal = Response.plain(
      Self.methods.contains(request.method) ? .methodNotAllowed : .notImplemented
    )
    refusal.fields = [("Allow", methods.joined(separator: ", "))]
    return refusal
  }
}
