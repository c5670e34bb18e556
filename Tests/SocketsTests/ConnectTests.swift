import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ConnectTests {
  @Test(arguments: Family.allCases)
  func `a refused connection names the address and the error number`(family: Family) async throws {
    let address = try await unusedAddress(family)
    let error = await expectError(.connectionRefused) {
      try await TCPConnection.connect(to: address)
    }
    #expect(error?.operation == .connect)
    #expect(error?.remoteAddress as? SocketAddress == address)
    #expect(error?.errno == ECONNREFUSED)
  }

  @Test func `a connection comes from the address that was asked for`() async throws {
    try await withListener { listener, reactor in
      let source = SocketAddress(try IPAddress(parsing: "127.0.0.7"), port: 0)
      let client = try await TCPConnection.connect(
        to: listener.localAddress,
        from: source,
        on: reactor
      )
      #expect(client.localAddress.ip == source.ip)
      #expect(client.localAddress.port != 0)
      #expect(try await listener.accept().remoteAddress == client.localAddress)
    }
  }

  @Test func `a source that is not this machine's is refused`() async throws {
    try await withListener { listener, reactor in
      let source = SocketAddress(try IPAddress(parsing: "192.0.2.1"), port: 0)
      let error = await expectError(.addressNotAvailable) {
        try await TCPConnection.connect(to: listener.localAddress, from: source, on: reactor)
      }
      #expect(error?.localAddress as? SocketAddress == source)
      #expect(error?.remoteAddress as? SocketAddress == listener.localAddress)
      #expect(reactor.statistics.registrations == 1)
    }
  }

  @Test func `a connect gives up at its deadline and leaves no descriptor`() async throws {
    let ledger = DescriptorLedger()
    try await withFullListener(kernel: ledger.kernel()) { address, reactor in
      let before = ledger.open
      let deadline = ContinuousClock.now + .milliseconds(5)
      let error = await expectError(.timedOut) {
        try await TCPConnection.connect(to: address, deadline: deadline, on: reactor)
      }
      #expect(ContinuousClock.now >= deadline)
      #expect(error?.errno == nil)
      #expect(error?.remoteAddress as? SocketAddress == address)
      #expect(ledger.open == before)
      await expectError(.timedOut) {
        try await TCPConnection.connect(to: address, deadline: .now, on: reactor)
      }
      #expect(ledger.open == before)
    }
    #expect(ledger.faults == [])
  }

  @Test func `a cancelled connect leaves no descriptor`() async throws {
    let ledger = DescriptorLedger()
    try await withFullListener(kernel: ledger.kernel()) { address, reactor in
      let before = ledger.open
      let connect = Task {
        await outcome { try await TCPConnection.connect(to: address, on: reactor) }
      }
      try await reactor.waitUntilParked(writers: 1)
      #expect(ledger.open.count == before.count + 1)
      connect.cancel()
      #expect(await connect.value.isCancellation)
      #expect(ledger.open == before)
    }
    #expect(ledger.faults == [])
  }

  @Test func `a connect in a cancelled task makes no descriptor`() async throws {
    let ledger = DescriptorLedger()
    try await withListener(kernel: ledger.kernel()) { listener, reactor in
      let opened = ledger.opened
      let address = listener.localAddress
      let result = await outcomeWhenCancelledBefore {
        try await TCPConnection.connect(to: address, on: reactor)
      }
      #expect(result?.isCancellation == true)
      #expect(ledger.opened == opened)
    }
  }

  @Test func `a refused connect leaves no descriptor`() async throws {
    let ledger = DescriptorLedger()
    let reactor = try Reactor(kernel: ledger.kernel())
    let address = try await unusedAddress(.ipv4)
    let before = ledger.open
    await expectError(.connectionRefused) {
      try await TCPConnection.connect(to: address, on: reactor)
    }
    #expect(ledger.open == before)
    #expect(reactor.statistics.registrations == 0)
  }

  @Test func `the scope closes the connection when it returns`() async throws {
    try await withListener { listener, reactor in
      let (client, answer) = try await TCPConnection.connect(
        to: listener.localAddress,
        on: reactor
      ) { connection in
        #expect(!connection.isClosed)
        return (connection, 42)
      }
      #expect(answer == 42)
      #expect(client.isClosed)
      #expect(try await listener.accept().read(upTo: 1) == nil)
    }
  }

  @Test func `the scope closes the connection when it throws`() async throws {
    struct Failure: Error {}
    try await withListener { listener, reactor in
      var client: TCPConnection?
      await #expect(throws: Failure.self) {
        try await TCPConnection.connect(to: listener.localAddress, on: reactor) { connection in
          client = connection
          throw Failure()
        }
      }
      #expect(client?.isClosed == true)
      let end = try await listener.accept().read(upTo: 1)
      #expect(end == nil)
    }
  }

  /// An address on which nobody listens: its port was the kernel's choice for a listener that is gone.
  private func unusedAddress(_ family: Family) async throws -> SocketAddress {
    try await withListener(to: family.loopback) { listener, _ in listener.localAddress }
  }

  /// Lends the address of a listener whose queue is full: connecting to it gets no answer.
  private func withFullListener(
    kernel: Kernel,
    _ body: nonisolated(nonsending) (SocketAddress, Reactor) async throws -> Void
  ) async throws {
    try await withListener(backlog: 0, kernel: kernel) { listener, reactor in
      let queued = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      defer { queued.close() }
      try await body(listener.localAddress, reactor)
    }
  }
}
