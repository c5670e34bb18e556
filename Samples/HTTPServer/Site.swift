/// What the server has to offer: a greeting, an echo, its own figures, and the files of a folder.
struct Site: Sendable {
  /// The folder, without symbolic links in it; `nil` for none.
  let root: String?

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
    default: Self.allowing(["GET", "HEAD"], request) { file(for: request) }
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

  /// Answers with a file, the `index.html` of a folder, or the list of its files.
  private func file(for request: Request) -> Response {
    guard let root else { return .plain(.notFound) }
    guard let path = FilePath(request.path[...]) else { return .plain(.badRequest) }
    do throws(ServedFile.Failure) {
      let file = try ServedFile(path.relative, below: root)
      if !file.isFolder {
        return path.isFolder
          ? .plain(.notFound) : FileAnswer(file, named: path.relative).response(to: request)
      }
      if !path.isFolder {
        var response = Response.plain(.movedPermanently)
        response.fields = [("Location", path.folder)]
        return response
      }
      do throws(ServedFile.Failure) {
        let index = try ServedFile("\(path.relative)/index.html", below: root)
        if !index.isFolder {
          return FileAnswer(index, named: "index.html").response(to: request)
        }
      } catch {
        if error != .missing { throw error }
      }
      return Response(
        type: "text/html; charset=utf-8",
        body: .bytes(Array(FileList(path, file.names()).html.utf8))
      )
    } catch {
      switch error {
      case .missing: return .plain(.notFound)
      case .forbidden: return .plain(.forbidden)
      case .tooManyOpenFiles: return .plain(.unavailable)
      }
    }
  }
}
