import Command
import Sockets

/// This package: `serve` on the reactor, or with `--pool` a plain for-await loop whose handlers run on Swift's
/// task pool.
@main
struct SocketsServer {
  static func main() async throws {
    let command = Command()
    // One, as every server here has one thread that waits for the sockets; the suite gives it one core.
    let count = command.has("--two-reactors") ? 2 : 1
    let reactors = try (0..<count).map { try Reactor(name: "reactor-\($0)") }
    let server = SocketsServer(
      command: command,
      reactors: reactors,
      executor: command.has("--pool") ? nil : reactors[0]
    )
    try await server.run()
  }

  let command: Command
  let reactors: [Reactor]

  /// Where handlers run; `nil` for Swift's task pool.
  let executor: Reactor?

  func run() async throws {
    switch command.mode {
    case .unix:
      let listener = try await UnixListener.bind(to: .path(command.argument), on: reactors)
      command.ready()
      try await serve(listener, Self.echo)
    case .udp, .batches:
      let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactors[0])
      command.ready(at: Int(socket.localAddress.port))
      try await withTaskExecutorPreference(executor) {
        try await command.mode == .udp ? echo(socket) : echoInBatches(socket)
      }
    case .client:
      command.ready()
      try await connect(to: .loopback(port: UInt16(command.port)))
    case .relay:
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: reactors)
      command.ready(at: Int(listener.localAddress.port))
      let server = SocketAddress.loopback(port: UInt16(command.port))
      try await serve(listener) { try await Self.relay($0, to: server) }
    default:
      guard let handler = Self.handler(command.mode) else { command.unsupported() }
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: reactors)
      command.ready(at: Int(listener.localAddress.port))
      try await serve(listener, handler)
    }
  }

  func serve<Transport>(
    _ listener: SocketListener<Transport>,
    _ handler: @escaping @Sendable (SocketConnection<Transport>) async throws -> Void
  ) async throws {
    if executor != nil {
      try await listener.serve(handler: handler)
      return
    }
    try await withThrowingDiscardingTaskGroup { group in
      for try await connection in listener.connections {
        group.addTask {
          do {
            try await handler(connection)
          } catch {
            print(error)
          }
        }
      }
    }
  }
}
