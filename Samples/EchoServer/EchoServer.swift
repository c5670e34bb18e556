import SampleSupport
import Sockets

/// Sends back whatever a client sends: the for-await accept loop, each connection in its own child task.
@main
struct EchoServer {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await serve(Arguments(words))
    }
  }

  /// Serves until SIGINT or SIGTERM.
  static func serve(_ arguments: Arguments) async throws {
    let reactors = try Program.reactors(arguments.reactors)
    if let address = arguments.unixAddress {
      let listener = try await UnixListener.bind(to: address, existing: .replaceStale, on: reactors)
      try await serve([listener], at: "\(listener.localAddress)", arguments) {
        "\($0.remoteAddress)"
      }
    } else {
      let listeners: [TCPListener]
      if arguments.isSharded {
        let reactors = try reactors ?? Reactor.sharedReactors()
        listeners = try await TCPListener.bind(to: arguments.address, shardedOver: reactors)
      } else {
        listeners = [try await TCPListener.bind(to: arguments.address, on: reactors)]
      }
      try await serve(listeners, at: "\(listeners[0].localAddress)", arguments) {
        "\($0.remoteAddress)"
      }
    }
  }

  /// Serves listeners, whatever their transport; `name` is what to call a connection's peer.
  static func serve<Transport>(
    _ listeners: [SocketListener<Transport>],
    at address: String,
    _ arguments: Arguments,
    name: @escaping @Sendable (SocketConnection<Transport>) -> String
  ) async throws {
    // Before anybody can know that the server runs.
    try ShutdownSignal.install()
    try SnapshotSignal.install()
    Program.printLine("listening on \(address)")

    // The accept loops run on reactors too, so that the whole server is reactors' threads: Swift's task
    // pool, once it runs, wakes every second to look after itself.
    let onReactor = arguments.handlers == .reactor
    try await withTaskExecutorPreference(onReactor ? listeners[0].reactor : nil) {
      try await withThrowingTaskGroup { group in
        for listener in listeners {
          group.addTask(executorPreference: onReactor ? listener.reactor : nil) {
            try await echo(listener, arguments, name: name)
          }
        }
        group.addTask { [reactor = listeners[0].reactor] in
          try await SnapshotSignal.answer(on: reactor)
        }
        group.addTask {
          try await ShutdownSignal.wait()
          for listener in listeners { listener.close() }
        }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }

  static func echo<Transport>(
    _ listener: SocketListener<Transport>,
    _ arguments: Arguments,
    name: (SocketConnection<Transport>) -> String
  ) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      for try await connection in listener.connections {
        if arguments.isVerbose { Program.note("\(name(connection)) connected") }
        // Resumed on the very thread that sees the connection's readiness, unless told otherwise.
        let executor = arguments.handlers == .reactor ? connection.reactor : nil
        group.addTask(executorPreference: executor) {
          do {
            for try await chunk in connection.chunks { try await connection.write(chunk) }
          } catch is CancellationError {
            // The server is stopping.
          } catch {
            Program.note("\(error)")
          }
        }
      }
    }
  }
}
