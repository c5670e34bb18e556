import SampleSupport
import Sockets

/// Sends back whatever arrives: datagram by datagram, or in batches.
@main
struct UDPEcho {
  static func main() async {
    await Program.run(usage: Arguments.usage) { words in
      try await serve(Arguments(words))
    }
  }

  /// Serves until SIGINT or SIGTERM.
  static func serve(_ arguments: Arguments) async throws {
    let socket = try await UDPSocket.bind(
      to: arguments.address,
      coalesces: arguments.usesBatches
    )
    if let group = arguments.group { try socket.join(group, interface: arguments.interface) }
    try ShutdownSignal.install()  // before anybody can know that the server runs
    Program.printLine("receiving at \(socket.localAddress)")

    // On the reactor's own thread: no hop between the arrival of a datagram and the answer.
    try await withTaskExecutorPreference(socket.reactor) {
      try await withThrowingTaskGroup { group in
        group.addTask {
          if let upstream = arguments.upstream {
            try await forward(socket, to: upstream)
          } else if arguments.usesBatches {
            try await echoInBatches(socket)
          } else {
            try await echo(socket)
          }
        }
        group.addTask {
          try await ShutdownSignal.wait()
          socket.close()
        }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }

  /// The plain loop: two system calls for each datagram.
  static func echo(_ socket: UDPSocket) async throws {
    for try await datagram in socket.datagrams {
      do {
        // From the address that the client knows, also on a machine with several.
        let metadata = datagram.metadata.reply
        try await socket.send(datagram.payload, to: datagram.sender, metadata: metadata)
      } catch let error as SocketError where error.code != .closed {
        Program.note("\(error)")  // one client's failure ends nothing
      }
    }
  }

  /// The fast loop: two system calls for many datagrams, and no allocation for any.
  static func echoInBatches(_ socket: UDPSocket) async throws {
    var incoming = ReceiveBatch(capacity: 64)
    var outgoing = SendBatch(capacity: 256)
    do {
      while true {
        try await socket.receiveBatch(into: &incoming)
        for index in incoming.indices {
          let sender = incoming.sender(at: index)
          while !incoming.withPayload(at: index, { outgoing.append($0, to: sender) }) {
            try await send(&outgoing, on: socket)
          }
        }
        try await send(&outgoing, on: socket)
      }
    } catch let error as SocketError where error.code == .closed {
      // The server is stopping.
    }
  }

  static func send(_ batch: inout SendBatch, on socket: UDPSocket) async throws {
    do {
      try await socket.sendBatch(&batch)
    } catch let error as SocketError where error.code != .closed {
      Program.note("\(error)")
    }
  }

  /// A forwarder: a socket of its own for each request, connected to the server, so that the answer
  /// finds its way back.
  static func forward(_ socket: UDPSocket, to upstream: SocketAddress) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      for try await request in socket.datagrams {
        group.addTask {
          do {
            let server = try await UDPSocket.connect(to: upstream)
            try await server.send(request.payload)
            let answer = try await server.receive(deadline: .now + .seconds(5))
            let metadata = request.metadata.reply
            try await socket.send(answer.payload, to: request.sender, metadata: metadata)
          } catch is CancellationError {
            // The forwarder is stopping.
          } catch {
            Program.note("\(error)")
          }
        }
      }
    }
  }
}
