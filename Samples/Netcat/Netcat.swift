import SampleSupport
import Sockets

/// Connects standard input and output with the other end of a socket: TCP, UDP or Unix-domain.
@main
struct Netcat {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      let arguments = try Arguments(words)
      do {
        try await Program.runUntilSignal { try await run(arguments) }
      } catch is Program.Interruption where arguments.keepsOpen {
        // That is how it is meant to end.
      } catch is OutputClosed {
        // So does `cat`.
      }
    }
  }

  static func run(_ arguments: Arguments) async throws {
    if arguments.scans { return try await scan(arguments) }
    switch (arguments.targets[0], arguments.sendsDatagrams) {
    case (.unix(let address), false): try await stream(address, arguments)
    case (.endpoint(let endpoint), false): try await stream(endpoint, arguments)
    case (.unix(let address), true): try await datagrams(address, arguments)
    case (.endpoint(let endpoint), true): try await datagrams(endpoint, arguments)
    }
  }

  static func stream(_ address: UnixAddress, _ arguments: Arguments) async throws {
    if arguments.listens {
      let listener = try await UnixListener.bind(to: address, existing: .replaceStale)
      try await serve([listener], at: [listener.localAddress], arguments) { $0.remoteAddress }
    } else {
      try await talk(over: connect(to: address, arguments), arguments)
    }
  }

  static func stream(_ endpoint: Endpoint, _ arguments: Arguments) async throws {
    if arguments.listens {
      let listeners = try await listen(at: endpoint, arguments)
      try await serve(listeners, at: listeners.map(\.localAddress), arguments) { $0.remoteAddress }
    } else {
      try await talk(over: connect(to: endpoint, arguments), arguments)
    }
  }

  static func datagrams(_ address: UnixAddress, _ arguments: Arguments) async throws {
    let socket: UnixDatagramSocket =
      if arguments.listens {
        try await .bind(to: address, existing: .replaceStale)
      } else {
        // With a name of its own, of the kernel's choice, so that it can be answered.
        try await .connect(to: address, from: .unnamed)
      }
    defer { socket.close() }
    if arguments.listens { Program.note("listening on \(socket.localAddress)") }
    try await DatagramSession(socket, arguments, sender: \.sender) { bytes, peer in
      try await socket.send(bytes, to: peer)
    }.run()
  }

  static func datagrams(_ endpoint: Endpoint, _ arguments: Arguments) async throws {
    let socket = try await openUDP(endpoint, arguments)
    defer { socket.close() }
    if arguments.listens { Program.note("listening on \(socket.localAddress)") }
    try await DatagramSession(socket, arguments, sender: \.sender) { bytes, peer in
      try await socket.send(bytes, to: peer)
    }.run()
  }

  /// Talks to one other end until both have ended, and closes the connection.
  static func talk<Transport>(
    over connection: SocketConnection<Transport>,
    _ arguments: Arguments
  ) async throws {
    defer { connection.close() }
    try await Session(connection, arguments).run()
  }

  /// Talks to the first client, or with `--keep-open` to one after the other.
  static func serve<Transport>(
    _ listeners: [SocketListener<Transport>],
    at addresses: [some TransportAddress],
    _ arguments: Arguments,
    client: (SocketConnection<Transport>) -> any TransportAddress
  ) async throws {
    defer { for listener in listeners { listener.close() } }
    for address in addresses { Program.note("listening on \(address)") }
    repeat {
      let connection = try await accept(from: listeners)
      if arguments.isVerbose { Program.note("\(client(connection)) connected") }
      if !arguments.keepsOpen { for listener in listeners { listener.close() } }
      do {
        try await talk(over: connection, arguments)
      } catch let error as SocketError where arguments.keepsOpen {
        Program.note("\(error)")  // one client's failure ends one connection
      }
    } while arguments.keepsOpen
  }

  /// Takes a client from whichever listener has one first.
  static func accept<Transport>(
    from listeners: [SocketListener<Transport>]
  ) async throws -> SocketConnection<Transport> {
    if listeners.count == 1 { return try await listeners[0].accept() }
    while true {
      let ready = try await firstReady(of: listeners.map(\.acceptable))
      for listener in listeners where ready.contains(listener.acceptable) {
        do {
          return try await listener.accept(deadline: .now)
        } catch let error as SocketError where error.code == .timedOut {
          // That client is gone again.
        }
      }
    }
  }

  /// Prints which of the ports are open.
  static func scan(_ arguments: Arguments) async throws {
    var failure: (any Error)?
    var isAnyOpen = false
    for target in arguments.targets {
      do {
        switch target {
        case .unix(let address): try await connect(to: address, arguments).close()
        case .endpoint(let endpoint): try await connect(to: endpoint, arguments).close()
        }
        isAnyOpen = true
        Program.printLine("\(target): open")
      } catch let error as SocketError {
        failure = error
      }
    }
    if let failure, !isAnyOpen { throw failure }
  }
}
