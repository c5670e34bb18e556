/// What is sent of a file: all of it, a part, or the word that the client has it already.
struct FileAnswer {
  private let file: ServedFile
  private let type: String

  init(_ file: ServedFile, named name: String) {
    self.file = file
    type = MediaType.of(name)
  }

  /// Answers a request: RFC 9110 section 13.2.2, as far as it concerns GET and HEAD.
  func response(to request: Request) -> Response {
    var response = Response(type: type, body: .file(file, 0..<file.size))
    response.fields = [("ETag", file.tag), ("Last-Modified", file.modified.text)]
    if isFresh(request) {
      response.status = .notModified
      response.type = ""
      response.body = .none
      return response
    }
    response.fields.append(("Accept-Ranges", "bytes"))
    guard let range = request.fields[.range], !request.isHead, isSame(request.fields[.ifRange])
    else {
      return response
    }
    switch ByteRange(range, size: file.size) {
    case .whole: break
    case .part(let range):
      response.status = .partialContent
      let place = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
      response.fields.append(("Content-Range", place))
      response.body = .file(file, range)
    case .unsatisfiable:
      response = .plain(.rangeNotSatisfiable)
      response.fields = [("Content-Range", "bytes */\(file.size)")]
    }
    return response
  }

  /// Whether the client has the file as it is now.
  private func isFresh(_ request: Request) -> Bool {
    // The date counts only without a tag, which is more exact.
    if let tags = request.fields[.ifNoneMatch] {
      return tags.split(separator: ",").contains { tag in
        let tag = tag.trimmingPrefix { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        return tag == "*" || tag == file.tag || tag == "W/" + file.tag
      }
    }
    guard let date = request.fields[.ifModifiedSince].flatMap({ HTTPDate($0) }) else {
      return false
    }
    return file.modified.seconds <= date.seconds
  }

  /// Whether a part of the file would fit to what the client has of it.
  private func isSame(_ condition: String?) -> Bool {
    guard let condition else { return true }
    return condition == file.tag || HTTPDate(condition) == file.modified
  }
}
