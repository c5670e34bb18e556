/// The article that leads from Berkeley and Winsock calls to the library's.
///
/// Its tables have three columns: the Berkeley calls, the Winsock calls, and what is written here. The
/// third begins with a snippet, each line as a code span of its own, or says why there is none. A
/// section can have a longer snippet, in a code block.
struct MapArticle {
  static let path = "Sources/Sockets/Sockets.docc/BerkeleyAndWinsock.md"

  /// A row of a table.
  struct Row {
    /// Its line, counted from 0.
    var line: Int
    /// The calls of either origin, and what is written here.
    var berkeley, winsock, here: String

    /// What names its snippet: the first cell that is not empty, up to a comma.
    var key: String {
      let cell = berkeley.isEmpty ? winsock : berkeley
      return String((cell.split(separator: ", ").first ?? "").filter { $0 != "`" })
    }

    /// Why nothing is written here, if so.
    var reason: Substring? {
      here.firstMatch(of: #/^(?:Not needed|Not offered): (.+)/#)?.1
    }
  }

  /// The lines of the article.
  var lines: [String]

  /// The rows of the calls.
  private(set) var rows: [Row] = []

  /// The rows of the error codes, cell by cell.
  private(set) var errors: [[String]] = []

  /// The code blocks, with the headings that they follow: the lines between the fences.
  private(set) var blocks: [(heading: String, lines: Range<Int>)] = []

  init() throws { self.init(text: try PackageText.read(Self.path)) }

  init(text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var heading = ""
    var table: [String] = []
    var fence: Int?
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        if let start = fence { blocks.append((heading, start + 1..<index)) }
        fence = fence == nil ? index : nil
      } else if fence != nil {
        continue
      } else if line.hasPrefix("#") {
        heading = String(line.drop { $0 == "#" || $0 == " " })
      } else if line.hasPrefix("| ") {
        let cells = Self.cells(line)
        if table.isEmpty {
          table = cells
        } else if cells.allSatisfy({ $0.hasPrefix("---") }) {
          continue
        } else if table == ["Berkeley", "Winsock", "Here"], cells.count == 3 {
          rows.append(Row(line: index, berkeley: cells[0], winsock: cells[1], here: cells[2]))
        } else if table == ["Berkeley", "Winsock", "Code"], cells.count == 3 {
          errors.append(cells)
        } else {
          rows.append(Row(line: index, berkeley: line, winsock: "", here: ""))
        }
      } else {
        table = []
      }
    }
  }

  /// The code spans of a cell.
  static func spans(_ cell: String) -> [String] {
    cell.matches(of: #/`([^`]+)`/#).map { String($0.1) }
  }

  /// A snippet as a cell shows it.
  static func cell(_ snippet: [String]) -> String {
    snippet.map { "`" + $0.replacing("|", with: "\\|") + "`" }.joined(separator: " ")
  }

  /// Puts a snippet in the place of another one at the beginning of a cell.
  static func cell(_ here: String, with snippet: [String]) -> String {
    let remark = here.replacing(#/^(`[^`]+` ?)+/#, with: "")
    return cell(snippet) + (remark.isEmpty ? "" : " " + remark)
  }

  /// A line of a table.
  static func line(_ cells: [String]) -> String {
    "|" + cells.map { $0.isEmpty ? " " : " \($0) " }.joined(separator: "|") + "|"
  }

  private static func cells(_ line: String) -> [String] {
    // An escaped bar is a part of a cell.
    let parts = line.replacing("\\|", with: "\u{0}").split(
      separator: "|",
      omittingEmptySubsequences: false
    )
    return parts.dropFirst().dropLast().map { part in
      let cell = part.replacing("\u{0}", with: "\\|").trimmingPrefix(#/ +/#)
      return String(cell.replacing(#/ +$/#, with: ""))
    }
  }
}
