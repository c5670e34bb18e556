import SampleSupport
import Sockets

/// Sends bytes to an echo server over some connections at the same time and checks every byte that
/// comes back.
@main
struct EchoClient {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await check(Arguments(words))
    }
  }

  static func check(_ arguments: Arguments) async throws {
    let progress = Progress()
    let total = arguments.connections * arguments.bytes
    let start = ContinuousClock.now

    try await withThrowingTaskGroup { group in
      group.addTask { try await runConnections(arguments, progress) }
      group.addTask {
        let signal = try await ShutdownSignal.wait()
        throw Program.Interruption(
          signal: signal,
          message: "interrupted: \(progress.bytes) of \(total) bytes had come back, none wrong"
        )
      }
      group.addTask { try await showProgress(progress, of: total, since: start) }
      defer { group.cancelAll() }
      // The connections end first, or something fails: the other two never end by themselves.
      try await group.next()
    }

    let connections = arguments.connections
    Program.printLine(
      """
      \(total) bytes echoed in \(Rate.seconds(since: start)) s, \
      \(Rate.mebibytesPerSecond(total, since: start)) MiB/s, \
      \(connections) \(connections == 1 ? "connection" : "connections")
      """
    )
  }

  /// Runs all connections: the first failure of one ends them all.
  private static func runConnections(_ arguments: Arguments, _ progress: Progress) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for number in 0..<arguments.connections {
        group.addTask {
          try await TCPConnection.connect(to: arguments.server) { socket in
            let connection = Connection(
              socket: socket,
              pattern: Pattern(connection: number),
              bytes: arguments.bytes
            )
            try await withTaskExecutorPreference(socket.reactor) {
              try await connection.run(progress)
            }
          }
        }
      }
    }
  }

  /// Notes once a second how far the connections are, until cancelled.
  private static func showProgress(
    _ progress: Progress,
    of total: Int,
    since start: ContinuousClock.Instant
  ) async throws {
    while true {
      try await Task.sleep(for: .seconds(1))
      let bytes = progress.bytes
      Program.note(
        """
        \(bytes >> 20) of \(total >> 20) MiB, \
        \(Rate.mebibytesPerSecond(bytes, since: start)) MiB/s
        """
      )
    }
  }
}

/// Figures for people: one or three decimals.
private enum Rate {
  static func seconds(since start: ContinuousClock.Instant) -> Double {
    (elapsed(since: start) * 1000).rounded() / 1000
  }

  static func mebibytesPerSecond(_ bytes: Int, since start: ContinuousClock.Instant) -> Double {
    (Double(bytes) / 1_048_576 / elapsed(since: start) * 10).rounded() / 10
  }

  private static func elapsed(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }
}
