import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

/// Several listeners served as one.
@Suite(.timeLimit(.minutes(1))) struct ServeManyTests {
  @Test func `listeners of every kind share one report and one drain`() async throws {
    let tcp = try await TCPListener.bind(to: .loopback(port: 0))
    let unix = try await UnixListener.bind(to: .unnamed)
    let packets = try await SeqPacketListener.bind(to: .unnamed)
    let listeners = [
      ServedListener(tcp) { try await echo($0) },
      ServedListener(unix) { try await echo($0) },
      ServedListener(packets) { connection in
        for try await message in connection.messages() {
          try await connection.send(message.payload)
        }
      },
    ]
    async let report = listeners.serve()
    try await TCPConnection.connect(to: tcp.localAddress) { try await expectEcho($0) }
    try await UnixConnection.connect(to: unix.localAddress) { try await expectEcho($0) }
    try await SeqPacketConnection.connect(to: packets.localAddress) { client in
      try await client.send([1, 2])
      #expect(try await client.receive(upTo: 8)?.payload == [1, 2])
    }
    listeners.drain(grace: .seconds(600))
    let served = try await report
    #expect(served.accepted == 3)
    #expect(served.completed == 3)
    #expect(tcp.isClosed && unix.isClosed && packets.isClosed)
  }

  @Test func `one limit holds for all, and an idle listener takes no place from the others`()
    async throws
  {
    let listeners = [
      try await TCPListener.bind(to: .loopback(port: 0)),
      try await TCPListener.bind(to: .loopback(port: 0)),
      try await TCPListener.bind(to: .loopbackIPv6(port: 0)),
    ]
    async let report = listeners.serve(maxConnections: 1) { try await echo($0) }
    var clients: [TCPConnection] = []
    for listener in [listeners[1], listeners[0], listeners[1]] {
      clients.append(try await .connect(to: listener.localAddress))
    }
    try await withThrowingDiscardingTaskGroup { group in
      for client in clients { group.addTask { try await expectEcho(client) } }
    }
    listeners.drain(grace: .seconds(600))
    let served = try await report
    #expect(served.accepted == 3)
    #expect(served.peak == 1)
  }

  @Test func `when the grace is over, one that waits for a place is closed as well`() async throws {
    let listeners = [
      try await TCPListener.bind(to: .loopback(port: 0)),
      try await TCPListener.bind(to: .loopback(port: 0)),
    ]
    let begun = Counter()
    async let report = listeners.serve(maxConnections: 1) { connection in
      begun.increment()
      try await echo(connection)
    }
    let served = try await TCPConnection.connect(to: listeners[0].localAddress)
    let queued = try await TCPConnection.connect(to: listeners[1].localAddress)
    try await waitUntil { begun.value == 1 }
    listeners.drain(grace: .milliseconds(10))
    #expect(try await report.accepted == 1)
    #expect(listeners[0].isClosed && listeners[1].isClosed)
    await expectError(.connectionReset) { try await queued.read(upTo: 1) }
    served.close()
  }

  @Test func `when the grace is over, nobody is served who is still in the queue`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let client = try await TCPConnection.connect(to: listener.localAddress)
    listener.drain(grace: .zero)
    #expect(try await listener.serve { try await echo($0) }.accepted == 0)
    await expectError(.connectionReset) { try await client.read(upTo: 1) }
  }

  @Test func `a listener that is drained by itself ends by itself`() async throws {
    let first = try await TCPListener.bind(to: .loopback(port: 0))
    let second = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = [first, second].serve { try await echo($0) }
    try await TCPConnection.connect(to: first.localAddress) { try await expectEcho($0) }
    first.drain(grace: .seconds(600))
    try await waitUntil { first.isClosed }
    #expect(!second.isClosed)
    try await TCPConnection.connect(to: second.localAddress) { client in
      try await expectEcho(client)
    }
    second.close()
    #expect(try await report.accepted == 2)
  }

  @Test func `a listener that fails cancels the others`() async throws {
    var calls = SystemCalls()
    unsafe calls.accept = { _, _, _, _ in -Int(22) }  // EINVAL
    let broken = try await TCPListener.bind(
      to: .loopback(port: 0),
      on: [try Reactor(kernel: Kernel(calls))]
    )
    let sound = try await TCPListener.bind(to: .loopback(port: 0))
    let client = try await TCPConnection.connect(to: sound.localAddress)
    let error = await expectError(.invalidArgument) {
      try await [broken, sound].serve { try await echo($0) }
    }
    #expect(error?.localAddress as? SocketAddress == broken.localAddress)
    for listener in [broken, sound] { listener.close() }
    client.close()
  }

  @Test func `no listener at all is nothing to do`() async throws {
    #expect(try await [ServedListener]().serve() == ServeReport())
  }

  @Test func `seqpacket connections are served, limited and drained like others`() async throws {
    let listener = try await SeqPacketListener.bind(to: .unnamed)
    async let report = listener.serve(maxConnections: 1) { connection in
      try await connection.send([1])
      #expect(try await connection.waitUntilReadableOrDraining())
      #expect(try await connection.receive(upTo: 8)?.payload == [])  // an empty message is no end
      #expect(try await !connection.waitUntilReadableOrDraining())
      #expect(connection.isDraining)
      try await connection.waitUntilDraining()
      connection.setLimits(ConnectionLimits(idle: .milliseconds(10)))
      await expectError(.timedOut) { try await connection.receive(upTo: 8) }
    }
    let client = try await SeqPacketConnection.connect(to: listener.localAddress)
    #expect(try await client.receive(upTo: 8)?.payload == [1])
    try await client.send([])
    listener.drain(grace: .seconds(600))
    #expect(try await report.drained == 1)
    #expect(!client.isDraining)
    client.close()
  }
}

/// Sends back whatever comes.
func echo<Transport>(_ connection: SocketConnection<Transport>) async throws {
  for try await chunk in connection.chunks { try await connection.write(chunk) }
}

/// Expects one byte to come back, and then the end.
private func expectEcho<Transport>(_ client: SocketConnection<Transport>) async throws {
  try await client.write([7])
  try await client.finish()
  #expect(try await client.read(exactly: 1) == [7])
  #expect(try await client.read(upTo: 1) == nil)
}
