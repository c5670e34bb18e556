import SampleSupport
import Sockets

/// Passes connections on: from TCP or a Unix-domain socket to either.
@main
struct Relay {
  let arguments: Arguments
  let table = Table()

  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await Relay(arguments: Arguments(words)).run()
    }
  }

  /// Serves until SIGINT or SIGTERM, and then until the connections have ended or the grace is over.
  func run() async throws {
    let reactors = try Program.reactors(arguments.reactors)
    switch arguments.listen {
    case .endpoint(let endpoint):
      let address = endpoint.socketAddress ?? .loopback(port: 0)
      let listener = try await TCPListener.bind(to: address, on: reactors)
      try await serve(listener, at: "\(listener.localAddress)") { "\($0.remoteAddress)" }
    case .unix(let address):
      let listener = try await UnixListener.bind(to: address, existing: .replaceStale, on: reactors)
      try await serve(listener, at: "unix:\(listener.localAddress)") { client in
        (try? client.peerCredentials).map { "process \($0.processID)" } ?? "unix"
      }
    }
  }

  /// Serves one listener, whatever its transport; `name` is what to call a client.
  func serve<Transport>(
    _ listener: SocketListener<Transport>,
    at address: String,
    name: @escaping @Sendable (SocketConnection<Transport>) -> String
  ) async throws {
    try ShutdownSignal.install()  // before anybody can know that the relay runs
    Program.printLine("listening on \(address)")
    // All of it on reactors' threads: Swift's task pool, once it runs, wakes every second to look after itself.
    try await withTaskExecutorPreference(listener.reactor) {
      try await withThrowingTaskGroup { group in
        group.addTask {
          try await ShutdownSignal.wait()
          listener.drain(grace: arguments.grace)
        }
        if arguments.printsTable { group.addTask { try await table.printEverySecond() } }
        defer { group.cancelAll() }
        try await listener.serve(
          maxConnections: arguments.maxConnections,
          onFailure: { client, error in
            if arguments.isVerbose { Program.note("\(name(client)): \(error)") }
          },
          handler: { client in try await forward(client, name(client)) }
        )
      }
    }
  }

  /// Serves one client.
  func forward<Transport>(_ client: SocketConnection<Transport>, _ name: String) async throws {
    var name = name
    if arguments.acceptsProxy {
      guard let header = try await client.receiveProxyHeader() else { return }
      name = header.source.map { "\($0) by \(name)" } ?? name
    }
    try await table.with(client: name) { entry in
      do {
        // On the client's reactor: then both ends are watched by one thread.
        let (reactor, limit) = (client.reactor, ContinuousClock.now + arguments.connectTimeout)
        switch arguments.target {
        case .endpoint(let name):
          let server = try await TCPConnection.connect(to: name, deadline: limit, on: reactor)
          try await forward(client, server, entry)
        case .unix(let path):
          let server = try await UnixConnection.connect(to: path, deadline: limit, on: reactor)
          try await forward(client, server, entry)
        }
      } catch {
        client.reset()  // closed, it would take what came until now for all there is
        throw error
      }
    }
    if arguments.isVerbose { Program.note("\(name): done") }
  }

  /// Relays between a client and its server.
  func forward<Front, Back>(
    _ client: SocketConnection<Front>,
    _ server: SocketConnection<Back>,
    _ entry: Table.Entry
  ) async throws {
    do {
      if let version = arguments.sendsProxy {
        try await server.write(ProxyHeader(forwarding: client, version: version))
      }
      try await relay(client, server, idleLimit: arguments.idleLimit, traffic: entry.traffic)
      server.close()
    } catch let error as SocketError
      where error.code == .brokenPipe || error.code == .connectionReset
    {
      // One end is gone, and its last words are on their way to the other, which may still be sending.
      async let front: Void = client.closeGracefully()
      await server.closeGracefully()
      await front
      throw error
    } catch {
      server.reset()
      throw error
    }
  }
}
