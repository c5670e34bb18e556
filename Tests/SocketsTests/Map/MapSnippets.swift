/// The snippets of the article, where they are compiled and run: in the tests of this folder.
///
///     // map: accept
///     let connection = try await listener.accept()
///     // end
///
/// The name is the key of a row, or the heading of a section whose code it is: see ``MapArticle``.
struct MapSnippets {
  /// The lines of each snippet, without the indentation of its first.
  private(set) var lines: [String: [String]] = [:]

  /// What is wrong with the markers.
  private(set) var findings: [String] = []

  /// Collects the snippets of all tests in this folder.
  init() throws {
    for file in try PackageText.swiftFiles(in: "Tests/SocketsTests/Map") {
      collect(from: try PackageText.read(file), in: file)
    }
  }

  /// Collects the snippets of one file.
  ///
  /// A snippet stands in a test, and something is expected of it further on in that test.
  init(text: String, in file: String) { collect(from: text, in: file) }

  private mutating func collect(from text: String, in file: String) {
    var isTest = false
    var key: String?
    var indentation = 0
    var unproven: [String] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let place = "\(file):\(index + 1)"
      let code = line.drop { $0 == " " }
      if let name = code.wholeMatch(of: #/// map: (.+)/#)?.1 {
        if key != nil { findings.append("\(place): the snippet before has no end") }
        if !isTest { findings.append("\(place): \(name) is not in a test") }
        if lines[String(name)] != nil { findings.append("\(place): \(name) is there twice") }
        key = String(name)
        indentation = line.count - code.count
        lines[String(name)] = []
        unproven.append(String(name))
      } else if code == "// end" {
        if key == nil { findings.append("\(place): the end of nothing") }
        key = nil
      } else if let key {
        lines[key]?.append(String(line.dropFirst(indentation)))
      } else if line.prefix(while: { $0 == " " }).count == 2, !code.isEmpty {
        // A member of a suite begins or ends: its attributes come first, on the line or above it.
        findings += unproven.map { "\(place): nothing is expected of \($0)" }
        unproven = []
        if code.hasPrefix("@Test") {
          isTest = true
        } else if code.hasPrefix("private func") || code.hasPrefix("struct") || code == "}" {
          isTest = false
        }
      } else if code.contains("#expect(") || code.contains("expectError(") {
        unproven = []
      }
    }
  }
}
