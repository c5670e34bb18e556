import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UDPNetworkErrorTests {
  /// A port on which nobody listens now.
  func deadAddress(_ address: SocketAddress = .loopback(port: 0)) async throws -> SocketAddress {
    try await unusedAddress(at: address) { try await UDPSocket.bind(to: $0).close() }
  }

  @Test(arguments: UDPSocketTests.loopbacks)
  func `a dead port is told once for a datagram`(loopback: SocketAddress) async throws {
    let address = try await deadAddress(loopback)
    let socket = try await UDPSocket.connect(to: address)
    for _ in 0..<5 {
      try await socket.send([1])
      let error = await #expect(throws: SocketError.self) {
        try await socket.receive(deadline: .now + .seconds(10))
      }
      #expect(error?.code == .connectionRefused)
      #expect(error?.remoteAddress as? SocketAddress == address)
    }
    let quiet = await #expect(throws: SocketError.self) {
      try await socket.receive(deadline: .now + .milliseconds(5))
    }
    #expect(quiet?.code == .timedOut)
    let server = try await UDPSocket.bind(to: address)
    try await socket.send([2])
    let request = try await server.receive()
    #expect(request.payload == [2])
    try await server.send([3], to: request.sender)
    #expect(try await socket.receive().payload == [3])
  }

  @Test func `an earlier refusal neither fails a send nor is lost`() async throws {
    let address = try await deadAddress()
    let socket = try await UDPSocket.connect(to: address)
    // The second one meets the refusal of the first; it is sent all the same.
    try await socket.send([1])
    let server = try await UDPSocket.bind(to: address)
    try await socket.send([2])
    #expect(try await server.receive().payload == [2])
    #expect(try await firstReady(of: [socket.readable], deadline: .now) == [socket.readable])
    let error = await #expect(throws: SocketError.self) { try await socket.receive() }
    #expect(error?.code == .connectionRefused)
    let quiet = await #expect(throws: SocketError.self) {
      try await socket.receive(deadline: .now + .milliseconds(5))
    }
    #expect(quiet?.code == .timedOut)
  }

  @Test func `a batch meets an earlier refusal and leaves whole`() async throws {
    let address = try await deadAddress()
    let socket = try await UDPSocket.connect(to: address)
    try await socket.send([1])
    let server = try await UDPSocket.bind(to: address)
    var batch = SendBatch()
    for number in UInt8(0)..<4 {
      let isAdded = batch.append([UInt8](repeating: number, count: Int(number)))
      #expect(isAdded)
    }
    try await socket.sendBatch(&batch)
    for number in 0..<4 { #expect(try await server.receive().length == number) }
    let error = await #expect(throws: SocketError.self) { try await socket.receive() }
    #expect(error?.code == .connectionRefused)
  }

  @Test func `a waiting receive is told, a sequence goes on`() async throws {
    let reactor = try Reactor()
    let address = try await deadAddress()
    let socket = try await UDPSocket.connect(to: address, on: reactor)
    async let receiving = socket.receive()
    try await reactor.waitUntilParked(readers: 1)
    try await socket.send([1])
    do {
      _ = try await receiving
      Issue.record("received from nobody")
    } catch let error as SocketError {
      #expect(error.code == .connectionRefused)
    }

    async let first = socket.datagrams.first { _ in true }
    try await reactor.waitUntilParked(readers: 1)
    for _ in 0..<10 { try await socket.send([1]) }
    let server = try await UDPSocket.bind(to: address)
    try await socket.send([2])
    let request = try await server.receive()
    try await server.send([], to: request.sender)
    #expect(try await first?.payload == [])
  }

  @Test func `what a sequence's own receive is told ends nothing`() async throws {
    let script = Script(errors: ECONNREFUSED, EHOSTUNREACH, EMSGSIZE)
    var calls = SystemCalls()
    let real = calls
    unsafe calls.recvmsg = { script.next() ?? (unsafe real.recvmsg($0, &$1, $2)) }
    let reactor = try Reactor(kernel: Kernel(calls))
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    let peer = try await UDPSocket.connect(to: socket.localAddress)
    try await peer.send([7])
    #expect(try await socket.datagrams.first { _ in true }?.payload == [7])
    #expect(script.calls > 3)
  }

  @Test
  func `a path that is too narrow for an earlier datagram does not fail this one`() async throws {
    let script = Script(errors: EMSGSIZE)
    var calls = SystemCalls()
    let real = calls
    unsafe calls.sendmsg = { script.next() ?? (unsafe real.sendmsg($0, $1, $2)) }
    let server = try await UDPSocket.bind(to: .loopback(port: 0))
    let reactor = try Reactor(kernel: Kernel(calls))
    let socket = try await UDPSocket.connect(to: server.localAddress, on: reactor)
    try await socket.send([1])
    #expect(try await server.receive().payload == [1])
    await expectError(.messageTooLong) { try await socket.receive() }
  }

  @Test func `an echo server outlives a thousand clients that vanish`() async throws {
    let server = try await UDPSocket.bind(to: .loopback(port: 0))
    try await withThrowingTaskGroup { group in
      group.addTask {
        for try await datagram in server.datagrams {
          try await server.send(datagram.payload, to: datagram.sender)
        }
      }
      for number in 0..<1_000 {
        let client = try await UDPSocket.connect(to: server.localAddress)
        // Normal, empty and oversized for the client's interest: each kind vanishes.
        try await client.send([UInt8](repeating: 1, count: number % 3 * 700))
        client.close()
      }
      let client = try await UDPSocket.connect(to: server.localAddress)
      // The server's queue may overflow: so does UDP.
      while true {
        try await client.send([42])
        let answer = try? await client.receive(deadline: .now + .milliseconds(200))
        if let answer {
          #expect(answer.payload == [42])
          break
        }
      }
      server.close()
      try await group.waitForAll()
    }
  }

  @Test func `a send that fails by itself fails after one more try`() async throws {
    let attempts = Lock(0)
    var calls = SystemCalls()
    unsafe calls.sendmsg = { _, _, _ in
      attempts.withLock { $0 += 1 }
      return -Int(Errno.networkUnreachable.rawValue)
    }
    let reactor = try Reactor(kernel: Kernel(calls))
    let socket = try await UDPSocket.connect(to: .loopback(port: 9), on: reactor)
    let error = await #expect(throws: SocketError.self) { try await socket.send([1]) }
    #expect(error?.code == .networkUnreachable)
    #expect(attempts.withLock { $0 } == 2)
    let quiet = await #expect(throws: SocketError.self) {
      try await socket.receive(deadline: .now + .milliseconds(5))
    }
    #expect(quiet?.code == .timedOut)
  }
}
