import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ServeTests {
  @Test func `every client is served, and the report counts them`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve { try await echo($0) }
    try await withThrowingDiscardingTaskGroup { group in
      for number in UInt8(0)..<20 {
        group.addTask {
          try await TCPConnection.connect(to: listener.localAddress) { client in
            try await client.write([number])
            try await client.finish()
            #expect(try await client.read(exactly: 1) == [number])
            #expect(try await client.read(upTo: 1) == nil)
          }
        }
      }
    }
    listener.drain(grace: .seconds(600))
    let served = try await report
    #expect(served.accepted == 20)
    #expect(served.completed == 20)
    #expect(served.failed + served.cancelled + served.reset == 0)
    #expect(listener.isClosed)
  }

  @Test func `a handler's error ends its own connection, is reported, and nothing else`()
    async throws
  {
    struct Refusal: Error {}
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let failures = Atomic<Int>(0)
    async let report = listener.serve(
      onFailure: { _, error in if error is Refusal { failures.add(1, ordering: .relaxed) } },
      handler: { connection in
        let byte = try await connection.read(exactly: 1)
        if byte == [0] { throw Refusal() }
        try await connection.write("fine")
      }
    )
    for byte in [UInt8(0), 1, 0, 2] {
      try await TCPConnection.connect(to: listener.localAddress) { client in
        try await client.write([byte])
        let reply = try await client.read(upTo: 10)
        #expect(reply == (byte == 0 ? nil : Array("fine".utf8)))
      }
    }
    listener.drain(grace: .seconds(600))
    let served = try await report
    #expect(served.failed == 2)
    #expect(served.completed == 2)
    #expect(failures.load(ordering: .relaxed) == 2)
  }

  @Test func `more clients than allowed wait in the kernel's queue`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let open = Atomic<Int>(0)
    async let report = listener.serve(maxConnections: 2) { connection in
      #expect(open.add(1, ordering: .relaxed).newValue <= 2)
      defer { open.subtract(1, ordering: .relaxed) }
      try await echo(connection)
    }
    var clients: [TCPConnection] = []
    for _ in 0..<5 { clients.append(try await .connect(to: listener.localAddress)) }
    // All are connected as far as the kernel is concerned; each is served when its time has come.
    for client in clients {
      try await client.write("x")
      #expect(try await client.read(exactly: 1) == Array("x".utf8))
      client.close()
    }
    listener.drain(grace: .seconds(600))
    let served = try await report
    #expect(served.accepted == 5)
    #expect(served.peak == 2)
  }

  @Test func `draining serves whom the kernel has queued, then refuses`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let address = listener.localAddress
    var queued: [TCPConnection] = []
    for _ in 0..<10 { queued.append(try await .connect(to: address)) }
    listener.drain(grace: .seconds(600))
    async let report = listener.serve { try await echo($0) }
    for client in queued {
      try await client.write("x")
      #expect(try await client.read(exactly: 1) == Array("x".utf8))
      client.close()
    }
    let served = try await report
    #expect(served.accepted == 10)
    #expect(served.drained == 10)
    await #expect { try await TCPConnection.connect(to: address) } throws: { error in
      (error as? SocketError)?.code == .connectionRefused
    }
  }

  @Test func `a loop over connections ends when its listener drains`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let client = try await TCPConnection.connect(to: listener.localAddress)
    async let count = {
      var count = 0
      for try await connection in listener.connections {
        count += 1
        connection.close()
        listener.drain(grace: .zero)
      }
      return count
    }()
    #expect(try await count == 1)
    #expect(listener.isClosed)
    client.close()
  }

  @Test func `handlers hear of the drain and can end by themselves`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve { connection in
      #expect(!connection.isDraining)
      try await connection.write("ready")
      try await connection.waitUntilDraining()
      #expect(connection.isDraining)
      try await connection.write("bye")
    }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    listener.drain(grace: .seconds(600))
    #expect(try await client.read(exactly: 3) == Array("bye".utf8))
    #expect(try await report.drained == 1)
  }

  @Test func `after the grace, handlers are cancelled`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve { connection in
      try await connection.write("ready")
      _ = try await connection.read(upTo: 1)
    }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    listener.drain(grace: .seconds(600))
    listener.drain(grace: .zero)  // a shorter grace counts
    let served = try await report
    #expect(served.cancelled == 1)
    #expect(served.reset == 0)
    #expect(try await client.read(upTo: 1) == nil)
  }

  @Test func `a handler that does not heed cancellation has its connection reset`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve { connection in
      try await connection.write("ready")
      while !connection.isClosed { await Task.yield() }
    }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    listener.drain(grace: .zero)
    #expect(try await report.reset == 1)
    await #expect { try await client.read(upTo: 1) } throws: { error in
      (error as? SocketError)?.code == .connectionReset
    }
  }

  @Test func `a handler that does not heed cancellation is reset when serve is cancelled, too`()
    async throws
  {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let serving = Task {
      try await listener.serve { connection in
        try await connection.write("ready")
        while !connection.isClosed { await Task.yield() }
      }
    }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    serving.cancel()
    await #expect(throws: CancellationError.self) { try await serving.value }
    await expectError(.connectionReset) { try await client.read(upTo: 1) }
    listener.close()
  }

  @Test func `a listener whose serve was cancelled can be served again`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let serving = Task { try await listener.serve { try await echo($0) } }
    serving.cancel()
    await #expect(throws: CancellationError.self) { try await serving.value }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    async let report = listener.serve { try await echo($0) }
    try await client.write("x")
    #expect(try await client.read(exactly: 1) == Array("x".utf8))
    client.close()
    listener.drain(grace: .seconds(600))
    #expect(try await report.accepted == 1)
  }

  @Test func `an error after the cancellation counts as cancelled and is not reported`()
    async throws
  {
    struct Complaint: Error {}
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let reports = Counter()
    async let report = listener.serve(
      onFailure: { _, _ in reports.increment() },
      handler: { connection in
        try await connection.write("ready")
        do {
          _ = try await connection.read(upTo: 1)
        } catch {
          throw Complaint()
        }
      }
    )
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    listener.drain(grace: .zero)
    #expect(try await report.cancelled == 1)
    #expect(reports.value == 0)
    client.close()
  }

  @Test func `cancelling serve cancels the handlers and waits for them`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let ended = Atomic<Int>(0)
    let serving = Task {
      try await listener.serve { connection in
        defer { ended.add(1, ordering: .relaxed) }
        try await connection.write("ready")
        _ = try await connection.read(upTo: 1)
      }
    }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    serving.cancel()
    await #expect(throws: CancellationError.self) { try await serving.value }
    #expect(ended.load(ordering: .relaxed) == 1)
    listener.close()
  }

  @Test(arguments: [
    ConnectionLimits(idle: .milliseconds(20)),
    ConnectionLimits(firstByte: .milliseconds(20)),
    ConnectionLimits(lifetime: .milliseconds(20)),
  ])
  func `a silent client is evicted`(limits: ConnectionLimits) async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve(limits: limits) { try await echo($0) }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    #expect(try await client.read(upTo: 1) == nil)
    listener.drain(grace: .seconds(600))
    #expect(try await report.failed == 1)
  }

  @Test func `a client that talks is not evicted for being idle`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let limits = ConnectionLimits(
      idle: .seconds(600),
      firstByte: .seconds(600),
      lifetime: .seconds(600)
    )
    async let report = listener.serve(limits: limits) { try await echo($0) }
    try await TCPConnection.connect(to: listener.localAddress) { client in
      for byte in UInt8(0)..<200 {
        try await client.write([byte])
        #expect(try await client.read(exactly: 1) == [byte])
      }
    }
    listener.drain(grace: .seconds(600))
    #expect(try await report.completed == 1)
  }

  @Test(arguments: [0, 1]) func `handlers run where they are told to`(choice: Int) async throws {
    let reactor = try Reactor()
    let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
    async let report = listener.serve(handlers: choice == 0 ? .reactor : .taskPool) { connection in
      #expect(connection.reactor.loop.isCurrent == (choice == 0))
      try await echo(connection)
      #expect(connection.reactor.loop.isCurrent == (choice == 0))
    }
    try await TCPConnection.connect(to: listener.localAddress, on: reactor) { client in
      try await client.write("x")
      try await client.finish()
      #expect(try await client.read(exactly: 1) == Array("x".utf8))
    }
    listener.drain(grace: .seconds(600))
    #expect(try await report.completed == 1)
  }
}
