/// A page with the names of a folder.
struct FileList {
  private let path: FilePath
  private let names: [String]

  /// Creates a page.
  ///
  /// - Parameters:
  ///   - path: The folder's path.
  ///   - names: What is in it, folders with a slash.
  init(_ path: FilePath, _ names: [String]) {
    self.path = path
    self.names = names
  }

  /// The page.
  var html: String {
    let title = Self.escape("/" + path.names.map { $0 + "/" }.joined())
    let parent = path.names.isEmpty ? "" : "<li><a href=\"../\">../</a></li>\n"
    let items = names.map { name in
      let link = name.split(separator: "/").map { FilePath.encode(String($0)) }.joined()
      return
        "<li><a href=\"./\(link)\(name.hasSuffix("/") ? "/" : "")\">\(Self.escape(name))</a></li>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head><meta charset="utf-8"><title>\(title)</title></head>
      <body>
      <h1>\(title)</h1>
      <ul>
      \(parent)\(items.joined())</ul>
      </body>
      </html>

      """
  }

  /// Replaces what HTML would understand as its own.
  static func escape(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
