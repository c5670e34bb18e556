import KeyValue
import SampleSupport
import Sockets

/// Keys and values in memory, for clients that speak the protocol of Redis.
@main
struct KeyValueServer {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await run(Arguments(words))
    }
  }

  static func run(_ arguments: Arguments) async throws {
    var database = Database()
    let journal = try open(arguments, &database)
    let reactor = try Reactor(name: "server")
    let listener = try await TCPListener.bind(to: arguments.address, on: [reactor])
    let server = Server(listener, database, journal, arguments.settings)
    try ShutdownSignal.install()  // before anybody can know that the server runs
    Program.printLine("listening on \(listener.localAddress)")

    try await withTaskExecutorPreference(reactor) {
      async let _: Void = server.keepTime()
      async let _: Void = {
        try await ShutdownSignal.wait()
        Program.printLine("ending")
        listener.drain(grace: Server.grace)
      }()
      let report = try await listener.serve(
        maxConnections: arguments.settings.mostClients,
        onFailure: { connection, error in Program.note("\(connection.remoteAddress): \(error)") },
        handler: { connection in try await server.serve(connection) }
      )
      try await server.finish()
      Program.printLine("\(report.accepted) clients, \(report.failed) of them with errors")
    }
  }

  /// Opens the log, if there is to be one, and plays it to the database.
  private static func open(
    _ arguments: Arguments,
    _ database: inout Database
  ) throws -> Journal? {
    guard let path = arguments.logPath else { return nil }
    let file = try LogFile(path: path)
    let contents = try file.load(into: &database)
    Program.printLine("\(path): \(contents.requests) changes, \(database.places.count) keys")
    if contents.cutOff > 0 {
      Program.note("\(path): the last \(contents.cutOff) bytes are no whole change: cut off")
    }
    return try Journal(file, arguments.settings.synchronization)
  }
}
