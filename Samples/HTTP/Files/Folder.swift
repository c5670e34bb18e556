import Glibc
import Sockets

/// A folder whose files are served.
package struct Folder: Sendable {
  /// Its path, without symbolic links in it.
  private let root: String

  /// Finds a folder.
  ///
  /// - Parameter path: Its path.
  /// - Throws: That there is none.
  package init(_ path: String) throws {
    guard let real = unsafe realpath(path, nil) else {
      throw SocketError(.fileNotFound, operation: .descriptor, errno: errno, detail: path)
    }
    defer { unsafe free(real) }
    root = unsafe String(cString: real)
  }

  /// Answers with a file, the `index.html` of a folder, or the list of its files.
  package func response(to request: Request) -> Response {
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
