import FoundationEssentials
import Testing

@testable import Sockets

/// The article on Berkeley and Winsock calls and the tests beside this one say the same.
///
/// A snippet that has changed is put into the article by a run with the variable `SOCKETS_WRITE_MAP`:
///
///     SOCKETS_WRITE_MAP=1 swift test --filter MapTests
@Suite(.timeLimit(.minutes(1))) struct MapTests {
  private let snippets: MapSnippets
  private let article: MapArticle

  init() throws {
    snippets = try MapSnippets()
    article = try MapArticle()
  }

  @Test func `each row has its snippet as a test runs it, or a reason`() throws {
    #expect(snippets.findings == [])
    var written = article.lines
    var unused = Set(snippets.lines.keys)
    for row in article.rows {
      let place = "\(MapArticle.path):\(row.line + 1): \(row.key)"
      guard let snippet = snippets.lines[row.key] else {
        #expect(row.reason != nil, "\(place): neither a snippet nor a reason")
        continue
      }
      #expect(unused.remove(row.key) != nil, "\(place): another row has this key")
      let expected = MapArticle.cell(row.here, with: snippet)
      #expect(row.here == expected, "\(place): not as the test has it")
      written[row.line] = MapArticle.line([row.berkeley, row.winsock, expected])
    }
    // From the end, so that the places of those before stay.
    for (heading, range) in article.blocks.reversed() {
      let place = "\(MapArticle.path):\(range.lowerBound): \(heading)"
      guard let snippet = snippets.lines[heading] else {
        Issue.record("\(place): no test has this code")
        continue
      }
      #expect(unused.remove(heading) != nil, "\(place): a second block under one heading")
      #expect(Array(article.lines[range]) == snippet, "\(place): not as the test has it")
      written.replaceSubrange(range, with: snippet)
    }
    #expect(unused == [], "without a row or a section")
    if ProcessInfo.processInfo.environment["SOCKETS_WRITE_MAP"] != nil {
      try PackageText.write(MapArticle.path, written.joined(separator: "\n"))
    }
  }

  @Test func `no two rows have one key`() {
    let keys = article.rows.map(\.key)
    #expect(Set(keys).count == keys.count)
    #expect(!keys.contains(""))
  }

  @Test func `every call has a row, and the rows have no other names`() {
    let berkeley = Set(article.rows.flatMap { MapArticle.spans($0.berkeley) })
    let winsock = Set(article.rows.flatMap { MapArticle.spans($0.winsock) })
    #expect(CallNames.berkeley.subtracting(berkeley).sorted() == [], "no row")
    #expect(CallNames.winsock.subtracting(winsock).sorted() == [], "no row")
    #expect(CallNames.others.subtracting(berkeley).subtracting(winsock).sorted() == [], "no row")
    #expect(berkeley.subtracting(CallNames.berkeley).subtracting(CallNames.others).sorted() == [])
    #expect(winsock.subtracting(CallNames.winsock).subtracting(CallNames.others).sorted() == [])
  }

  @Test func `the names of codes in the table of errors are the code's`() throws {
    let declarations = try PackageText.read("Sources/Sockets/SocketError+Code.swift")
    let names = Dictionary(
      declarations.matches(of: #/static let (\w+) = Code\("(.*)"\)/#).map { ($0.2, $0.1) },
      uniquingKeysWith: { first, _ in first }
    )
    var numbers: [Substring: Int32] = [:]
    for number in Int32(1)...133 {
      numbers[Errno(number).description.prefix { $0 != "," }] = number
    }
    var named: Set<Int32> = []
    for cells in article.errors where !cells[2].hasPrefix("Never: ") {
      let code = try #require(MapArticle.spans(cells[2]).first)
      for name in MapArticle.spans(cells[0]) {
        let actual: SocketError.Code
        if let failure = Self.lookupFailures[name] {
          actual = NameLookup.Failure(failure, 0).code
        } else {
          let number = try #require(numbers[name[...]], "\(name)")
          actual = Errno(number).code
          named.insert(number)
        }
        #expect(names[actual.description[...]] ?? "" == code, "\(name)")
      }
    }
    let missing = (1...133).filter { Errno($0).code != .other && !named.contains($0) }
    #expect(missing.map { Errno($0).description } == [], "has a code, and no row")
  }

  @Test func `an error stands in one row with its Winsock twin`() {
    for cells in article.errors {
      for name in MapArticle.spans(cells[1]) where name.hasPrefix("WSAE") {
        let twin = String(name.dropFirst(3))
        let rows = article.errors.filter { MapArticle.spans($0[0]).contains(twin) }
        #expect(rows.allSatisfy { $0 == cells }, "\(name)")
      }
    }
    let names = article.errors.flatMap { $0[..<2].flatMap(MapArticle.spans) }
    #expect(Set(names).count == names.count)
  }

  /// The errors of `netdb.h`, and those of `h_errno` by the numbers that have the same meaning.
  private static let lookupFailures: [String: Int32] = [
    "EAI_NONAME": -2, "EAI_NODATA": -5, "EAI_ADDRFAMILY": -9, "HOST_NOT_FOUND": -2, "NO_DATA": -5,
    "EAI_SERVICE": -8, "EAI_AGAIN": -3, "TRY_AGAIN": -3, "EAI_FAIL": -4, "NO_RECOVERY": -4,
    "EAI_MEMORY": -10, "EAI_FAMILY": -6, "EAI_SOCKTYPE": -7,
  ]

  @Test func `markers out of order are found`() {
    let test = "  @Test func `t`() {\n"
    for (text, finding) in [
      (test + "    // map: a\n    a()\n    // end\n  }\n", "f:5: nothing is expected of a"),
      (
        "  private func f() {\n    // map: a\n    // end\n    #expect(a)\n",
        "f:2: a is not in a test"
      ),
      (test + "    // end\n", "f:2: the end of nothing"),
      (
        test + "    // map: a\n    // map: b\n    // end\n    #expect(a)\n",
        "f:3: the snippet before has no end"
      ),
      (
        test + "    // map: a\n    // end\n    // map: a\n    // end\n    #expect(a)\n",
        "f:4: a is there twice"
      ),
    ] {
      #expect(MapSnippets(text: text, in: "f").findings == [finding])
    }
  }

  @Test func `a snippet takes the place of the one before it`() {
    let cell = MapArticle.cell("`old` `older` Remark, `x`.", with: ["a | b"])
    #expect(cell == "`a \\| b` Remark, `x`.")
    #expect(MapArticle.cell("`old`", with: ["one", "two"]) == "`one` `two`")
    #expect(MapArticle.cell("Remark.", with: ["one"]) == "`one` Remark.")
  }
}
