import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Options, hooks and readiness of Unix-domain sockets.
@Suite(.timeLimit(.minutes(1))) struct UnixOptionTests {
  /// Tries what every socket has.
  private func checkCommonOptions<Handle: SocketHandle>(
    of socket: Handle,
    isListening: Bool = false
  ) throws {
    #expect(try socket.get(.isListening) == isListening)
    try socket.set(.sendBufferSize, to: 30_000)
    #expect(try socket.get(.sendBufferSize) == 60_000)
    try socket.set(.receiveBufferSize, to: 20_000)
    #expect(try socket.get(.receiveBufferSize) == 40_000)
    try socket.set(.raw(level: SOL_SOCKET, name: SO_PASSCRED), to: 1)
    #expect(try socket.get(.raw(level: SOL_SOCKET, name: SO_PASSCRED)) == 1)
    let bytes = try socket.get(.raw(level: SOL_SOCKET, name: SO_PASSCRED, capacity: 8))
    #expect(bytes == [1, 0, 0, 0])
    try socket.set(.raw(level: SOL_SOCKET, name: SO_PASSCRED), to: 0)
    #expect(try socket.withUnsafeDescriptor { DescriptorAudit.isCloseOnExec($0) })
  }

  @Test func `options of every kind of Unix-domain socket`() async throws {
    let listener = try await UnixListener.bind(to: .unnamed)
    try checkCommonOptions(of: listener, isListening: true)
    try checkCommonOptions(of: try UnixConnection.pair().0)
    let packets = try await SeqPacketListener.bind(to: .unnamed)
    try checkCommonOptions(of: packets, isListening: true)
    try checkCommonOptions(of: try SeqPacketConnection.pair().0)
    try checkCommonOptions(of: try UnixDatagramSocket.pair().0)
    try checkCommonOptions(of: try await UnixDatagramSocket.bind(to: .unnamed))
  }

  @Test func `errors of options name the socket and its state`() async throws {
    let (near, far) = try SeqPacketConnection.pair()
    let refused = await expectError(.invalidArgument) { try near.set(.sendBufferSize, to: -1) }
    #expect(refused?.detail?.hasPrefix("SO_SNDBUF") == true)
    #expect(refused?.remoteAddress as? UnixAddress == .unnamed)
    near.close()
    far.close()
    await expectError(.closed) { try near.get(.sendBufferSize) }
    let listener = try await SeqPacketListener.bind(to: .unnamed)
    listener.close()
    let error = await expectError(.closed) { try listener.get(.isListening) }
    #expect(error?.localAddress as? UnixAddress == listener.localAddress)
    let datagrams = try await UnixDatagramSocket.bind(to: .unnamed)
    datagrams.close()
    await expectError(.closed) { try datagrams.set(.receivesCredentials, to: true) }
  }

  @Test func `credentials are asked for by an option of datagram sockets`() async throws {
    let (near, _) = try UnixDatagramSocket.pair()
    #expect(try !near.get(.receivesCredentials))
    try near.set(.receivesCredentials, to: true)
    #expect(try near.get(.receivesCredentials))
  }

  @Test func `a larger send buffer lets a longer datagram through`() async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    try near.set(.sendBufferSize, to: 5_000)
    await expectError(.messageTooLong) { try await near.send(pattern(20_000)) }
    try near.set(.sendBufferSize, to: 50_000)
    try await near.send(pattern(20_000))
    #expect(try await far.receive().payload == pattern(20_000))
  }

  @Test func `a message makes its socket ready, and stays`() async throws {
    let reactor = try Reactor(name: "packets")
    let listener = try await SeqPacketListener.bind(to: .unnamed, on: [reactor])
    async let acceptable = firstReady(of: [listener.acceptable], on: reactor)
    try await reactor.waitUntilParked(readers: 1)
    let near = try await SeqPacketConnection.connect(to: listener.localAddress, on: reactor)
    #expect(try await acceptable == [listener.acceptable])
    let far = try await listener.accept()
    #expect(try await firstReady(of: [near.readable, near.writable]) == [near.writable])
    async let readable = firstReady(of: [near.readable], on: reactor)
    try await reactor.waitUntilParked(readers: 1)
    try await far.send([])
    #expect(try await readable == [near.readable])
    #expect(try await near.receive(upTo: 8)?.payload == [])
    async let ended = firstReady(of: [near.readable], on: reactor)
    try await reactor.waitUntilParked(readers: 1)
    near.close()
    #expect(try await ended == [near.readable])
  }

  @Test func `a datagram makes its socket ready, and room the peer's sender`() async throws {
    try await withUnixReceiver { receiver, reactor in
      let sender = try await UnixDatagramSocket.connect(to: receiver.localAddress, on: reactor)
      #expect(try await firstReady(of: [receiver.readable, sender.writable]) == [sender.writable])
      let count = try await sender.fill()
      let ready = try await firstReady(of: [receiver.readable, sender.writable])
      #expect(ready == [receiver.readable])
      async let writable = firstReady(of: [sender.writable], on: reactor)
      try await reactor.waitUntilParked(readers: 1)
      for _ in 0..<count { _ = try await receiver.receive() }
      #expect(try await writable == [sender.writable])
    }
  }
}
