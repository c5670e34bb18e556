import Glibc
import Testing

@testable import Sockets

/// Which reactor an accepted connection goes to, when some were stopped.
@Suite(.timeLimit(.minutes(1))) struct AcceptReactorTests {
  private func reactors(_ count: Int, kernel: Kernel = .linux) throws -> [Reactor] {
    try (0..<count).map { try Reactor(name: "accept-\($0)", kernel: kernel) }
  }

  @Test func `connections go to the reactors in turn`() async throws {
    let reactors = try reactors(3)
    let listener = try await TCPListener.bind(to: .loopback(port: 0), on: reactors)
    defer { listener.close() }
    var turns: [Int?] = []
    for _ in 0..<6 {
      let client = try await TCPConnection.connect(to: listener.localAddress)
      let accepted = try await listener.accept()
      turns.append(reactors.firstIndex { $0 === accepted.reactor })
      client.close()
    }
    #expect(turns == [0, 1, 2, 0, 1, 2])
  }

  @Test(arguments: [false, true])
  func `a connection whose turn falls on a stopped reactor goes to the next one`(
    isUnix: Bool
  ) async throws {
    let reactors = try reactors(4)
    await reactors[1].stop()
    await reactors[2].stop()
    var turns: [Int?] = []
    func serve<Transport>(
      _ listener: SocketListener<Transport>,
      _ connect: () async throws -> SocketConnection<Transport>
    ) async throws {
      defer { listener.close() }
      for _ in 0..<8 {
        let client = try await connect()
        let accepted = try await listener.accept()
        try await client.write("hello")
        #expect(try await accepted.read(upTo: 8) == Array("hello".utf8))
        turns.append(reactors.firstIndex { $0 === accepted.reactor })
        client.close()
      }
    }
    if isUnix {
      let listener = try await UnixListener.bind(to: .unnamed, on: reactors)
      try await serve(listener) { try await UnixConnection.connect(to: listener.localAddress) }
    } else {
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: reactors)
      try await serve(listener) { try await TCPConnection.connect(to: listener.localAddress) }
    }
    #expect(turns == [0, 3, 3, 3, 0, 3, 3, 3])
  }

  @Test func `when the last reactor stops in the middle of an accept, the listener is closed`()
    async throws
  {
    let ledger = DescriptorLedger()
    let stopping = Lock<[EventLoop]>([])
    var calls = SystemCalls()
    let accept = unsafe calls.accept
    unsafe calls.accept = { fd, address, length, flags in
      let result = unsafe accept(fd, address, &length, flags)
      if result >= 0 { for loop in stopping.withLock({ $0 }) { loop.stop() } }
      return result
    }
    let reactors = try reactors(2, kernel: ledger.kernel(calls))
    let before = ledger.open
    let listener = try await TCPListener.bind(to: .loopback(port: 0), on: reactors)
    let client = try await TCPConnection.connect(to: listener.localAddress)
    stopping.withLock { $0 = reactors.map(\.loop) }
    defer { stopping.withLock { $0 = [] } }  // the loops have the table of calls, which has them
    await expectError(.closed) { try await listener.accept() }
    #expect(listener.isClosed)
    await expectError(.closed) { try await listener.accept() }
    for try await _ in listener.connections { Issue.record("a connection after the end") }
    #expect(ledger.open == before)
    #expect(ledger.faults == [])
    client.close()
  }

  @Test func `a loop that has stopped leaves the descriptor to its owner`() async throws {
    let ledger = DescriptorLedger()
    let kernel = ledger.kernel()
    let reactor = try Reactor(name: "stopped", kernel: kernel)
    let before = ledger.open
    await reactor.stop()
    do {
      var descriptor: FileDescriptor? = try Socket.makeUnix(.stream, kernel: kernel)
      #expect(throws: OperationFailure.closed) {
        try reactor.loop.register(taking: &descriptor, initial: .untried)
      }
      let isLeft = descriptor != nil
      #expect(isLeft && ledger.open.count == before.count + 1)
    }
    #expect(ledger.open == before)
  }
}
