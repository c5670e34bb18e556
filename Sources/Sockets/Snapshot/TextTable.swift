/// A table for people: a value that aligns its columns.
struct TextTable: CustomStringConvertible {
  /// A column's title, and on which side its cells begin.
  enum Column {
    case left(String)
    case right(String)
  }

  private let columns: [Column]

  /// All rows, the titles first.
  private var rows: [[String]]

  /// The width of each column, in characters.
  private var widths: [Int]

  /// Creates a table without rows.
  init(columns: [Column]) {
    let titles = columns.map { column in
      switch column {
      case .left(let title), .right(let title): title
      }
    }
    self.columns = columns
    rows = [titles]
    widths = titles.map(\.count)
  }

  /// Adds a row, of a cell for each column.
  mutating func append(_ cells: [String]) {
    rows.append(cells)
    for index in widths.indices { widths[index] = max(widths[index], cells[index].count) }
  }

  /// The rows, one a line, without white space at their ends.
  var description: String {
    rows.map { row in
      var line = ""
      var gap = 0
      for index in row.indices {
        let padding = widths[index] - row[index].count
        if case .right = columns[index] { gap += padding }
        if !row[index].isEmpty {
          line += String(repeating: " ", count: gap) + row[index]
          gap = 0
        }
        if case .left = columns[index] { gap += padding }
        gap += 2
      }
      return line
    }.joined(separator: "\n")
  }
}
