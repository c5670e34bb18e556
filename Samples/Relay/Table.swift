import Glibc
import SampleSupport
import Sockets
import Synchronization

/// The connections that are open, for whoever wants to look at them.
final class Table: Sendable {
  /// One client and its connection to the target.
  struct Entry {
    let client: String
    let traffic = RelayTraffic()
    let start = ContinuousClock.now
  }

  private struct State {
    var entries: [Int: Entry] = [:]
    var lastNumber = 0
    /// What the connections have moved that are no longer open.
    var finished = (forward: 0, backward: 0)
  }

  private let state = Mutex(State())

  /// Adds a client for as long as the body runs.
  func with<Result>(
    client: String,
    _ body: (Entry) async throws -> Result
  ) async rethrows -> Result {
    let entry = Entry(client: client)
    let number = state.withLock { state in
      state.lastNumber += 1
      state.entries[state.lastNumber] = entry
      return state.lastNumber
    }
    defer {
      state.withLock { state in
        state.entries[number] = nil
        state.finished.forward += entry.traffic.forward
        state.finished.backward += entry.traffic.backward
      }
    }
    return try await body(entry)
  }

  /// How many connections a terminal shows: the oldest.
  private static let linesOnTerminal = 20

  /// Shows the connections on standard error, the oldest first, once a second until it is cancelled.
  func printEverySecond() async throws {
    let isTerminal = isatty(2) == 1
    while true {
      try await Task.sleep(for: .seconds(1))
      let (entries, finished) = state.withLock { state in
        (state.entries.sorted { $0.key < $1.key }.map(\.value), state.finished)
      }
      let shown = isTerminal ? entries.prefix(Self.linesOnTerminal) : entries[...]
      var lines = [Self.line("client", "age", "to target", "to client")]
      lines += shown.map { entry in
        let age = entry.start.duration(to: .now).components.seconds
        return Self.line(entry.client, "\(age) s", entry.traffic.forward, entry.traffic.backward)
      }
      let total = Self.line(
        "\(entries.count) open, and all before",
        "",
        entries.reduce(finished.forward) { $0 + $1.traffic.forward },
        entries.reduce(finished.backward) { $0 + $1.traffic.backward }
      )
      let clear = isTerminal ? "\u{1B}[H\u{1B}[2J" : ""
      Program.note(clear + (lines + [total]).joined(separator: "\n") + "\n")
    }
  }

  private static func line(_ columns: any CustomStringConvertible...) -> String {
    let widths = [48, 8, 16, 16]
    return zip(columns, widths).enumerated().map { index, column in
      let text = column.0.description
      let fill = String(repeating: " ", count: max(0, column.1 - text.count))
      return index == 0 ? text + fill : fill + text
    }.joined(separator: " ")
  }
}
