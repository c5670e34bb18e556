import HTTP
import SampleSupport
import Sockets

/// A line for each request, in the Common Log Format, on standard output.
///
/// A task of its own writes them: whoever reads them slowly, or not at all, holds up nobody but that task,
/// and in the end lines are missing.
struct AccessLog: Sendable {
  private let lines: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  init() {
    (lines, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(10_000))
  }

  /// Adds a line.
  ///
  /// - Parameters:
  ///   - client: Who has asked.
  ///   - request: For what; `nil` if it was not understood.
  ///   - status: The answer.
  ///   - count: How many bytes of a body it had.
  func note(_ client: SocketAddress, _ request: Request?, _ status: Status, _ count: Int) {
    let asked =
      request.map { "\($0.method) \($0.path)\($0.query) HTTP/1.\($0.minorVersion)" } ?? "-"
    let date = HTTPDate.now.logText
    continuation.yield("\(client.ip) - - [\(date)] \"\(asked)\" \(status.rawValue) \(count)\n")
  }

  /// Writes the lines until ``finish()``, and those that are left then.
  ///
  /// If nobody reads them any more, the server goes on without.
  func write(on reactor: Reactor) async {
    do {
      let output = try File.standardOutput(on: reactor)
      for await line in lines { try await output.write(Array(line.utf8)) }
    } catch is CancellationError {
    } catch {
      Program.note("the log ends here: \(error)")
    }
  }

  /// Adds no more lines.
  func finish() { continuation.finish() }
}
