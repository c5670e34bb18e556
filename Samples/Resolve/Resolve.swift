import SampleSupport
import Sockets

/// Prints the addresses of a host, and how connecting to it goes.
@main
struct Resolve {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      let arguments = try Arguments(words)
      let connection = try await Program.runUntilSignal { try await run(arguments) }
      if arguments.holds { try await ShutdownSignal.wait() }
      connection?.close()
    }
  }

  static func run(_ arguments: Arguments) async throws -> TCPConnection? {
    if arguments.connects { return try await connect(arguments) }
    let addresses = try await SystemResolver().resolve(
      arguments.endpoint,
      deadline: .now + arguments.timeout
    )
    for (index, address) in addresses.enumerated() where !addresses[..<index].contains(address) {
      Program.printLine("\(address.ip)")
    }
    return nil
  }

  /// Connects, and prints what was tried: on success and on failure.
  static func connect(_ arguments: Arguments) async throws -> TCPConnection {
    do {
      let connection = try await TCPConnection.connect(
        to: arguments.endpoint,
        order: arguments.order,
        deadline: .now + arguments.timeout
      )
      report(connection.connectTimeline)
      Program.printLine("connected: \(connection.localAddress) -> \(connection.remoteAddress)")
      return connection
    } catch let error as SocketError {
      report(error.connectTimeline)
      throw error
    }
  }

  /// Prints the addresses, and then what became of each.
  static func report(_ timeline: ConnectTimeline?) {
    guard let timeline else { return }
    for attempt in timeline.attempts { Program.printLine("\(attempt.address)") }
    Program.printLine("\(timeline)")
  }
}
