import SampleSupport
import Sockets

/// Prints the addresses of a host, and how connecting to it goes.
@main
struct Resolve {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await run(Arguments(words))
    }
  }

  static func run(_ arguments: Arguments) async throws {
    let deadline = ContinuousClock.now + arguments.timeout
    let addresses = try await SystemResolver().resolve(arguments.endpoint, deadline: deadline)
    for address in addresses {
      Program.printLine(arguments.connects ? "\(address)" : "\(address.ip)")
    }
    guard arguments.connects else { return }
    do {
      let connection = try await TCPConnection.connect(
        to: arguments.endpoint,
        order: arguments.order,
        deadline: deadline
      )
      if let timeline = connection.connectTimeline { Program.printLine("\(timeline)") }
      Program.printLine("connected: \(connection.localAddress) -> \(connection.remoteAddress)")
      if arguments.holds { try await ShutdownSignal.wait() }
      connection.close()
    } catch let error as SocketError {
      if let timeline = error.connectTimeline { Program.printLine("\(timeline)") }
      throw error
    }
  }
}
