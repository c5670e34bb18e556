import Chat
import SampleSupport
import Sockets

/// People who talk in rooms, with nothing but nc or telnet.
@main
struct ChatServer {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await run(Arguments(words))
    }
  }

  static func run(_ arguments: Arguments) async throws {
    let reactor = try Reactor(name: "chat")
    let listener = try await TCPListener.bind(to: arguments.address, on: [reactor])
    let chat = Chat(listener, arguments.settings)
    try ShutdownSignal.install()  // before anybody can know that the server runs
    Program.printLine("listening on \(listener.localAddress)")

    try await withTaskExecutorPreference(reactor) {
      async let _: Void = {
        try await ShutdownSignal.wait()
        Program.printLine("ending")
        await chat.end()
      }()
      let report = try await listener.serve(
        maxConnections: arguments.mostClients,
        onFailure: { connection, error in
          if arguments.isVerbose { Program.note("\(connection.remoteAddress): \(error)") }
        },
        handler: { connection in try await chat.serve(connection) }
      )
      Program.printLine("\(report.accepted) people, \(report.reset) of them not reached at the end")
    }
  }
}
