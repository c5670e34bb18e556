/// The code blocks of an article of the documentation, which a test is to run word for word.
enum ArticleSnippets {
  /// Those that a file does not contain.
  ///
  /// - Parameters:
  ///   - article: The article's name.
  ///   - path: The file's path within the package.
  /// - Returns: Each snippet that is missing, and how many there are at all.
  /// - Throws: An error of the file system.
  static func missing(of article: String, in path: String) throws -> (missing: [String], count: Int)
  {
    let source = lines(try PackageText.read(path))
    let snippets = snippets(
      lines(try PackageText.read("Sources/Sockets/Sockets.docc/\(article).md"))
    )
    let missing = snippets.filter { !source.contains($0) }
    return (missing.map { $0.joined(separator: "\n") }, snippets.count)
  }

  /// The lines of a text without their indentation.
  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
  }

  private static func snippets(_ article: [Substring]) -> [[Substring]] {
    var snippets: [[Substring]] = []
    var snippet: [Substring]?
    for line in article {
      if line == "```swift" {
        snippet = []
      } else if line == "```", let lines = snippet {
        snippets.append(lines)
        snippet = nil
      } else {
        snippet?.append(line)
      }
    }
    return snippets
  }
}
