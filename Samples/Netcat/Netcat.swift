import SampleSupport
import Sockets
import Synchronization

/// Connects standard input and output with the other end of a socket: TCP, UDP or Unix-domain.
@main
struct Netcat {
  let arguments: Arguments

  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      let netcat = Netcat(arguments: try Arguments(words))
      do {
        try await Program.runUntilSignal { try await netcat.run() }
      } catch is Program.Interruption where netcat.arguments.keepsOpen {
        // That is how it is meant to end.
      }
    }
  }

  func run() async throws {
    let target = arguments.targets[0]
    if arguments.scans { return try await scan() }
    if arguments.listens, !arguments.sendsDatagrams { return try await listen(at: target) }
    let (stream, reactor) =
      try await arguments.sendsDatagrams ? openDatagrams(target) : connect(to: target)
    defer { stream.close() }
    // Until then there is nobody to send to.
    if arguments.listens { _ = try await stream.peek(atLeast: 1) }
    try await talk(over: stream, on: reactor, idleLimit: arguments.keepsOpen ? nil : arguments.wait)
  }

  /// Passes standard input to the other end, and what comes from there to standard output.
  func talk(over stream: some ByteStream, on reactor: Reactor, idleLimit: Duration?) async throws {
    let standard = try StandardStreams(
      endsWithOutput: arguments.listens && (arguments.keepsOpen || StandardStreams.isTerminal),
      holdsEnd: !arguments.halfCloses,
      on: reactor
    )
    // On the thread that sees the readiness of all three: no hop between a read and the write after it.
    try await withTaskExecutorPreference(reactor) {
      do {
        try await relay(standard, stream, idleLimit: idleLimit)
      } catch let error as SocketError where error.code == .timedOut && error.operation == .relay {
        arguments.tell("\(error)")
      }
    }
  }

  /// Connects to whichever address of a host answers first, or to a Unix-domain address.
  func connect(to target: Place) async throws -> (any ByteStream, Reactor) {
    switch target {
    case .unix(let address):
      let connection = try await UnixConnection.connect(to: address, deadline: arguments.deadline)
      arguments.tell("\(address) connected")
      return (connection, connection.reactor)
    case .endpoint(let endpoint):
      do {
        let connection = try await TCPConnection.connect(
          to: endpoint,
          from: arguments.source,
          resolver: arguments.resolver,
          deadline: arguments.deadline
        )
        if let timeline = connection.connectTimeline { arguments.tell("\(timeline)") }
        return (connection, connection.reactor)
      } catch let error as SocketError {
        if let timeline = error.connectTimeline { arguments.tell("\(timeline)") }
        throw error
      }
    }
  }

  /// Prints which of the ports are open.
  func scan() async throws {
    var failures: [SocketError] = []
    for target in arguments.targets {
      do {
        let (stream, _) = try await connect(to: target)
        stream.close()
        Program.printLine("\(target): open")
      } catch let error as SocketError {
        failures.append(error)
      }
    }
    if failures.count == arguments.targets.count { throw failures[0] }
  }

  /// Listens on all addresses of a host, or at a Unix-domain address.
  func listen(at target: Place) async throws {
    switch target {
    case .unix(let address):
      let listener = try await UnixListener.bind(to: address, existing: .replaceStale)
      try await serve([listener], at: "\(listener.localAddress)") { "\($0.remoteAddress)" }
    case .endpoint(let endpoint):
      let listeners: [TCPListener]
      if let address = endpoint.socketAddress {
        // "::" is both families, unless only one is wanted.
        listeners = [try await .bind(to: address, isDualStack: arguments.family == nil)]
      } else {
        listeners = try await TCPListener.bind(to: endpoint, resolver: arguments.resolver)
      }
      let addresses = listeners.map { "\($0.localAddress)" }.joined(separator: " and ")
      try await serve(listeners, at: addresses) { "\($0.remoteAddress)" }
    }
  }

  /// Talks to the first client, or with `--keep-open` to one after the other.
  func serve<Transport>(
    _ listeners: [SocketListener<Transport>],
    at addresses: String,
    name: @escaping @Sendable (SocketConnection<Transport>) -> String
  ) async throws {
    @Sendable func close() { for listener in listeners { listener.close() } }
    defer { close() }
    Program.note("listening on \(addresses)")
    let failure = Mutex<(any Error)?>(nil)
    try await listeners.serve(maxConnections: 1) { client in
      arguments.tell("\(name(client)) connected")
      if !arguments.keepsOpen { close() }
      do {
        try await talk(over: client, on: client.reactor, idleLimit: arguments.wait)
      } catch let error as SocketError where arguments.keepsOpen {
        Program.note("\(error)")  // one client's failure ends one connection
      } catch {
        failure.withLock { $0 = error }
        close()
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// Opens a datagram socket: for whoever sends to it if `--listen`, otherwise for one peer.
  func openDatagrams(_ target: Place) async throws -> (any ByteStream, Reactor) {
    switch target {
    case .unix(let address):
      // With a name of its own, of the kernel's choice, so that it can be answered.
      let socket: UnixDatagramSocket =
        try await arguments.listens
        ? .bind(to: address, existing: .replaceStale) : .connect(to: address, from: .unnamed)
      if arguments.listens { Program.note("listening on \(socket.localAddress)") }
      let stream = try DatagramStream(socket, with: arguments.peer, note: arguments.tell)
      return (stream, socket.reactor)
    case .endpoint(let endpoint):
      let socket = try await openUDP(endpoint)
      if arguments.listens { Program.note("listening on \(socket.localAddress)") }
      let stream = try DatagramStream(socket, with: arguments.peer, note: arguments.tell)
      return (stream, socket.reactor)
    }
  }

  /// Makes a UDP socket, for one peer with the first address of a host to which there is a route.
  func openUDP(_ endpoint: Endpoint) async throws -> UDPSocket {
    let addresses = try await arguments.resolver.resolve(endpoint, deadline: arguments.deadline)
    if arguments.listens {
      return try await .bind(to: addresses[0], isDualStack: arguments.family == nil)
    }
    var failure: (any Error)?
    for address in addresses {
      do {
        // If only the port matters, from the wildcard of the same family.
        let isOther = arguments.source.map { Family($0.ip) != Family(address.ip) } == true
        let source = isOther ? .anyIPv4(port: arguments.source?.port ?? 0) : arguments.source
        let socket = try await UDPSocket.connect(to: address, from: source)
        arguments.tell("\(socket.localAddress) sends to \(address)")
        return socket
      } catch let error as SocketError {
        failure = error
      }
    }
    throw failure ?? SocketError(.nameNotFound, operation: .resolve, detail: "\(endpoint)")
  }
}
