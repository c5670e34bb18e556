import Testing

@testable import Sockets

/// The table of the article and the options of the code are the same.
@Suite(.timeLimit(.minutes(1))) struct OptionTableTests {
  /// One option, as the article and the sources both describe it.
  struct Row: Hashable {
    var name: Substring
    var value: Substring
    var scope: Substring
    var names: Substring
    var isSettable: Bool
  }

  /// The rows of the article, with their defaults.
  private static func article() throws -> [(row: Row, initial: String)] {
    let text = try PackageText.read("Sources/Sockets/Sockets.docc/Options.md")
    return text.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map(trim)
      guard cells.count == 8, cells[1].hasPrefix("`") else { return nil }
      let row = Row(
        name: bare(cells[1]),
        value: bare(cells[2]),
        scope: Substring(cells[3]),
        names: Substring(cells[4]),
        isSettable: cells[5] == "set"
      )
      return (row, cells[6])
    }
  }

  /// The options that the sources declare, each with the C names at the end of its documentation.
  private static func sources() throws -> [Row] {
    var rows: [Row] = []
    for file in try PackageText.swiftFiles(in: "Sources/Sockets/Options") {
      var scope: Substring = ""
      var names: Substring = ""
      for line in try PackageText.read(file).split(separator: "\n") {
        if line.hasPrefix("extension ") {
          scope = line.contains("Scope: IPTransport") ? "IP" : "any"
          if let match = line.firstMatch(of: #/Scope == (\w+)/#) { scope = match.1 }
        } else if line.hasPrefix("  /// C: ") {
          names = line.dropFirst(9).dropLast()
        } else if line.hasPrefix("  public static var "),
          let match = line.firstMatch(
            of: #/var (\w+): (ReadOnly)?SocketOption<(.*), Scope>/#
          )
        {
          rows.append(
            Row(
              name: match.1,
              value: match.3,
              scope: scope,
              names: names,
              isSettable: match.2 == nil
            )
          )
          names = ""
        }
      }
    }
    return rows
  }

  private static func trim(_ text: Substring) -> String {
    String(
      text.trimmingPrefix(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
    )
  }

  private static func bare(_ cell: String) -> Substring { cell.dropFirst().dropLast() }

  @Test func `the article lists the options of the code, all of them, as they are`() throws {
    let (article, sources) = (try Self.article().map(\.row), try Self.sources())
    #expect(sources.count == 34)
    #expect(Set(sources).count == sources.count && Set(article).count == article.count)
    #expect(Set(article).subtracting(sources) == [], "in the article only")
    #expect(Set(sources).subtracting(article) == [], "in the code only")
  }

  @Test func `the defaults of the article are those of a new connection or socket`() async throws {
    let socket = try await UDPSocket.bind(to: .loopbackIPv6(port: 0))
    defer { socket.close() }
    try await withPair { pair in
      let connection = pair.near
      let values: [String: any Equatable] = [
        "isListening": try connection.get(.isListening),
        "reuseAddress": try connection.get(.reuseAddress),
        "reusePort": try connection.get(.reusePort),
        "timestamps": try connection.get(.timestamps),
        "timestamping": try connection.get(.timestamping) == [] ? "none" : "some",
        "typeOfService": try connection.get(.typeOfService),
        "priority": try connection.get(.priority),
        "mark": try connection.get(.mark),
        "boundDevice": try connection.get(.boundDevice) ?? "nil",
        "noDelay": try connection.get(.noDelay),
        "urgentInline": try connection.get(.urgentInline),
        "keepAlive": try connection.get(.keepAlive) == nil ? "nil" : "some",
        "userTimeout": try connection.get(.userTimeout) == nil ? "nil" : "some",
        "notSentLowWatermark": try connection.get(.notSentLowWatermark),
        "fastOpenConnect": try connection.get(.fastOpenConnect),
        "fastOpenQueue": try connection.get(.fastOpenQueue),
        "deferAccept": try connection.get(.deferAccept) == nil ? "nil" : "some",
        "isMultipath": try connection.get(.isMultipath),
        "broadcast": try socket.get(.broadcast),
        "multicastHopLimit": try socket.get(.multicastHopLimit),
        "multicastLoopback": try socket.get(.multicastLoopback),
        "multicastInterface": try socket.get(.multicastInterface),
      ]
      for (row, initial) in try Self.article() where initial != "–" {
        #expect(values[String(row.name)].map { "\($0)" } == initial, "\(row.name)")
      }
    }
  }
}
