import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UDPWaitingTests {
  @Test func `a deadline ends a receive, and the socket goes on`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let start = ContinuousClock.now
    let error = await #expect(throws: SocketError.self) {
      try await socket.receive(deadline: start + .milliseconds(30))
    }
    #expect(error?.code == .timedOut)
    #expect(error?.operation == .receive)
    #expect(.now - start >= .milliseconds(30))
    var batch = ReceiveBatch()
    do {
      try await socket.receiveBatch(into: &batch, deadline: .now + .milliseconds(5))
      Issue.record("received nothing")
    } catch let error as SocketError {
      #expect(error.code == .timedOut)
    }
    try await socket.send([1], to: socket.localAddress)
    #expect(try await socket.receive(deadline: .now + .seconds(10)).payload == [1])
  }

  @Test func `a cancelled receive takes nothing`() async throws {
    let reactor = try Reactor()
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    for round in 0..<20 {
      let task = Task { try await socket.receive() }
      if round.isMultiple(of: 2) { try await reactor.waitUntilParked(readers: 1) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      try await socket.send([UInt8(round)], to: socket.localAddress)
      #expect(try await socket.receive().payload == [UInt8(round)])
    }
    let sequence = Task { for try await _ in socket.datagrams {} }
    try await reactor.waitUntilParked(readers: 1)
    sequence.cancel()
    await #expect(throws: CancellationError.self) { try await sequence.value }
    #expect(reactor.statistics.parkedReaders == 0)
  }

  @Test func `a cancelled send sends nothing`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      try await socket.send([1], to: socket.localAddress)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    try await socket.send([2], to: socket.localAddress)
    #expect(try await socket.receive().payload == [2])
  }

  @Test func `a second receive is refused and harms nobody`() async throws {
    let reactor = try Reactor()
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    async let first = socket.receive()
    try await reactor.waitUntilParked(readers: 1)
    let error = await #expect(throws: SocketError.self) { try await socket.receive() }
    #expect(error?.code == .concurrentRead)
    try await socket.send([1], to: socket.localAddress)
    #expect(try await first.payload == [1])
  }

  @Test func `closing fails what is pending, and everything later`() async throws {
    let reactor = try Reactor()
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    async let pending = socket.receive()
    try await reactor.waitUntilParked(readers: 1)
    socket.close()
    socket.close()
    do {
      _ = try await pending
      Issue.record("received after the close")
    } catch let error as SocketError {
      #expect(error.code == .closed)
    }
    for _ in 0..<2 {
      let error = await #expect(throws: SocketError.self) {
        try await socket.send([1], to: socket.localAddress)
      }
      #expect(error?.code == .closed)
    }
    #expect(throws: SocketError.self) { try socket.set(.multicastHopLimit, to: 1) }
    for try await _ in socket.datagrams { Issue.record("a datagram after the close") }
    #expect(reactor.statistics.registrations == 0)
  }

  @Test func `the last handle closes`() async throws {
    let reactor = try Reactor()
    do {
      let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
      #expect(reactor.statistics.registrations == 1)
      #expect(!socket.isClosed)
    }
    #expect(reactor.statistics.registrations == 0)
  }

  @Test func `senders take turns and each datagram leaves whole`() async throws {
    let receiver = try await UDPSocket.bind(to: .loopback(port: 0))
    let sender = try await UDPSocket.bind(to: .loopback(port: 0))
    try await withThrowingTaskGroup { group in
      for number in UInt8(0)..<8 {
        group.addTask {
          for round in UInt8(0)..<8 {
            let payload = [number, round] + [UInt8](repeating: number, count: 1_000)
            try await sender.send(payload, to: receiver.localAddress)
          }
        }
      }
      try await group.waitForAll()
    }
    var rounds = [UInt8](repeating: 0, count: 8)
    for _ in 0..<64 {
      let payload = try await receiver.receive(deadline: .now + .seconds(10)).payload
      let number = payload[0]
      #expect(payload.dropFirst(2).allSatisfy { $0 == number })
      #expect(payload[1] == rounds[Int(number)])
      rounds[Int(number)] += 1
    }
  }

  @Test func `a full send buffer suspends the sender until there is room`() async throws {
    let refusals = Lock(3)
    var calls = SystemCalls()
    let send = unsafe calls.sendmsg
    unsafe calls.sendmsg = { fd, message, flags in
      let refuses = refusals.withLock { left in
        left -= 1
        return left >= 0
      }
      return unsafe refuses ? -Int(Errno.again.rawValue) : send(fd, message, flags)
    }
    let reactor = try Reactor(kernel: Kernel(calls))
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    let error = await #expect(throws: SocketError.self) {
      try await socket.send([1], to: socket.localAddress, deadline: .now + .milliseconds(10))
    }
    #expect(error?.code == .timedOut)
    refusals.withLock { $0 = 2 }
    let port = socket.port
    let waking = Task {
      while !Task.isCancelled { port.registration.signal(.write); await Task.yield() }
    }
    try await socket.send([2], to: socket.localAddress)
    waking.cancel()
    #expect(try await socket.receive().payload == [2])
  }

  @Test(arguments: [Errno.noMemory, .noBufferSpace])
  func `the sequence waits for memory, a single receive says that there is none`(
    error: Errno
  ) async throws {
    let script = Script(errors: error.rawValue, error.rawValue, error.rawValue)
    var calls = SystemCalls()
    unsafe calls.recvmsg = { [real = calls] in
      unsafe script.next() ?? real.recvmsg($0, &$1, $2)
    }
    let reactor = try Reactor(kernel: Kernel(calls))
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    try await socket.send([7], to: socket.localAddress)
    await expectError(.noBufferSpace) { try await socket.receive() }
    var iterator = socket.datagrams.makeAsyncIterator()
    #expect(try await iterator.next()?.payload == [7])
    #expect(script.calls == 4)
  }
}
