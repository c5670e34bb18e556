import HTTP
import SampleSupport
import Sockets

/// A server for HTTP/1.1: files, an echo, and a greeting that measures how fast it is.
@main
struct HTTPServer {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await serve(Arguments(words))
    }
  }

  /// Serves until SIGINT or SIGTERM, and then until the last request is answered.
  static func serve(_ arguments: Arguments) async throws {
    let site = Site(folder: try arguments.root.map(Folder.init), figures: Figures())
    let reactors = try Program.reactors(arguments.reactors)
    let listener = try await TCPListener.bind(to: arguments.address, on: reactors)
    let log = arguments.hasLog ? AccessLog() : nil
    let service = Service(
      figures: site.figures,
      limits: arguments.limits,
      expectsProxy: arguments.expectsProxy,
      log: log?.note,
      respond: site.response
    )
    try ShutdownSignal.install()  // before anybody can know that the server runs
    Program.printLine("listening on \(listener.localAddress)")
    try await withTaskExecutorPreference(listener.reactor) {
      try await withThrowingTaskGroup { group in
        group.addTask {
          defer { log?.finish() }
          try await serve(listener, service, arguments)
        }
        group.addTask { await log?.write(on: listener.reactor) }
        group.addTask {
          try await ShutdownSignal.wait()
          listener.drain(grace: arguments.grace)
        }
        // The first error ends the rest: a server whose listener has failed does not wait for a signal.
        defer { group.cancelAll() }
        while try await group.next() != nil {}
      }
    }
  }

  /// Serves the clients of a listener, until it drains.
  static func serve(
    _ listener: TCPListener,
    _ service: Service,
    _ arguments: Arguments
  ) async throws {
    try await listener.serve(
      maxConnections: arguments.connections,
      limits: ConnectionLimits(
        idle: arguments.idle,
        firstByte: arguments.limits.head,
        lifetime: arguments.lifetime
      ),
      handler: service.serve
    )
  }
}
