import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct AcceptTests {
  @Test(arguments: Family.allCases)
  func `the port that the kernel chose can be read back`(family: Family) async throws {
    try await withListener(to: family.loopback) { listener, reactor in
      #expect(listener.localAddress.ip == family.loopback.ip)
      #expect(listener.localAddress.port != 0)
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let server = try await listener.accept()
      #expect(server.localAddress == listener.localAddress)
      #expect(server.localAddress == client.remoteAddress)
      #expect(server.remoteAddress == client.localAddress)
      listener.close()
      #expect(listener.localAddress == server.localAddress)
    }
  }

  @Test func `connections are accepted in the order in which they came`() async throws {
    try await withListener { listener, reactor in
      let clients = try await connect(5, to: listener)
      for client in clients {
        #expect(try await listener.accept().remoteAddress == client.localAddress)
      }
    }
  }

  @Test func `several acceptors take turns`() async throws {
    try await withListener { listener, reactor in
      try await withThrowingTaskGroup(of: (Int, SocketAddress).self) { group in
        for number in 0..<4 {
          group.addTask { (number, try await listener.accept().remoteAddress) }
          try await reactor.waitUntilParked(readers: number + 1)
        }
        var expected: [Int: SocketAddress] = [:]
        for number in 0..<4 {
          let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
          expected[number] = client.localAddress
          try await reactor.waitUntilParked(readers: 3 - number)
        }
        for try await (number, address) in group { #expect(address == expected[number]) }
      }
    }
  }

  @Test func `whoever leaves the loop leaves the other connections in the queue`() async throws {
    try await withListener { listener, reactor in
      let clients = try await connect(10, to: listener)
      var taken = 0
      for try await _ in listener.connections {
        taken += 1
        if taken == 3 { break }
      }
      #expect(reactor.statistics.registrations == clients.count + 1)
      for client in clients[3...] {
        #expect(try await listener.accept().remoteAddress == client.localAddress)
      }
      let now = ContinuousClock.now
      await expectError(.timedOut) { try await listener.accept(deadline: now) }
    }
  }

  @Test func `closing the listener ends the sequence`() async throws {
    try await withListener { listener, reactor in
      async let count = outcome {
        var count = 0
        for try await _ in listener.connections { count += 1 }
        return count
      }
      try await reactor.waitUntilParked(readers: 1)
      listener.close()
      let result = await count
      #expect(try result.get() == 0)
      for try await _ in listener.connections { Issue.record("a connection after the close") }
    }
  }

  @Test func `closing the listener fails every accept with closed`() async throws {
    try await withListener { listener, reactor in
      async let first = outcome { try await listener.accept() }
      try await reactor.waitUntilParked(readers: 1)
      async let second = outcome { try await listener.accept() }
      try await reactor.waitUntilParked(readers: 2)
      listener.close()
      listener.close()
      #expect(listener.isClosed)
      let (one, two) = await (first, second)
      #expect(one.code == .closed)
      #expect(two.code == .closed)
      let error = await expectError(.closed) { try await listener.accept() }
      #expect(error?.operation == .accept)
    }
  }

  @Test func `a cancelled accept loses no connection`() async throws {
    try await withListener { listener, reactor in
      for _ in 0..<20 {
        let accept = Task { await outcome { try await listener.accept() } }
        try await reactor.waitUntilParked(readers: 1)
        async let connecting = TCPConnection.connect(to: listener.localAddress, on: reactor)
        accept.cancel()
        let client = try await connecting
        let result = await accept.value
        let server: TCPConnection
        if result.isCancellation {
          server = try await listener.accept()
        } else {
          server = try result.get()
        }
        #expect(server.remoteAddress == client.localAddress)
      }
    }
  }

  @Test func `cancelling one acceptor leaves the others in their turn`() async throws {
    try await withListener { listener, reactor in
      let first = Task { await outcome { try await listener.accept() } }
      try await reactor.waitUntilParked(readers: 1)
      let second = Task { await outcome { try await listener.accept() } }
      try await reactor.waitUntilParked(readers: 2)
      async let third = outcome { try await listener.accept() }
      try await reactor.waitUntilParked(readers: 3)
      second.cancel()
      #expect(await second.value.isCancellation)
      first.cancel()
      #expect(await first.value.isCancellation)
      try await reactor.waitUntilParked(readers: 1)
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let server = try await third.get()
      #expect(server.remoteAddress == client.localAddress)
    }
  }

  @Test func `a cancelled loop throws CancellationError, and the listener stays open`()
    async throws
  {
    try await withListener { listener, reactor in
      let loop = Task {
        await outcome { for try await _ in listener.connections {} }
      }
      try await reactor.waitUntilParked(readers: 1)
      loop.cancel()
      #expect(await loop.value.isCancellation)
      #expect(!listener.isClosed)
      _ = try await connect(1, to: listener)
      #expect(!(try await listener.accept().isClosed))
    }
  }

  @Test func `an accept gives up at its deadline, not before`() async throws {
    try await withListener { listener, reactor in
      let deadline = ContinuousClock.now + .milliseconds(5)
      let error = await expectError(.timedOut) { try await listener.accept(deadline: deadline) }
      #expect(ContinuousClock.now >= deadline)
      #expect(error?.operation == .accept)
      #expect(error?.localAddress as? SocketAddress == listener.localAddress)
      #expect(error?.errno == nil)
      _ = try await connect(1, to: listener)
      let server = try await listener.accept(deadline: ContinuousClock.now + .seconds(600))
      #expect(!server.isClosed)
    }
  }

  @Test func `clients that reset while they are queued do not end the sequence`() async throws {
    try await withListener { listener, reactor in
      for client in try await connect(20, to: listener) { client.reset() }
      let last = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      var resets = 0
      for try await connection in listener.connections {
        if connection.remoteAddress == last.localAddress { break }
        await expectError(.connectionReset) { try await connection.read(upTo: 1) }
        resets += 1
      }
      #expect(resets == 20)
    }
  }

  /// Clients that connect one after the other.
  private func connect(_ count: Int, to listener: TCPListener) async throws -> [TCPConnection] {
    var clients: [TCPConnection] = []
    for _ in 0..<count {
      let address = listener.localAddress
      clients.append(try await TCPConnection.connect(to: address, on: listener.reactor))
    }
    return clients
  }
}
