import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Options, readiness and adoption of UDP sockets.
@Suite(.timeLimit(.minutes(1))) struct DatagramOptionTests {
  @Test(arguments: Family.allCases)
  func `options of a UDP socket`(family: Family) async throws {
    let socket = try await UDPSocket.bind(to: family.loopback)
    defer { socket.close() }
    #expect(try !socket.get(.broadcast))
    try socket.set(.broadcast, to: true)
    #expect(try socket.get(.broadcast))
    try socket.set(.hopLimit, to: 7)
    #expect(try socket.get(.hopLimit) == 7)
    try socket.set(.typeOfService, to: 0x2E)
    #expect(try socket.get(.typeOfService) == 0x2E)
    try socket.set(.receiveBufferSize, to: 30_000)
    #expect(try socket.get(.receiveBufferSize) == 60_000)
    #expect(try !socket.get(.isListening))
    socket.close()
    await expectError(.closed) { try socket.get(.broadcast) }
  }

  @Test func `a datagram makes its socket ready and stays`() async throws {
    let reactor = try Reactor(name: "udp")
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    defer { socket.close() }
    #expect(try await firstReady(of: [socket.readable, socket.writable]) == [socket.writable])
    async let ready = firstReady(of: [socket.readable], on: reactor)
    try await reactor.waitUntilParked(readers: 1)
    try await socket.send([1, 2, 3], to: socket.localAddress)
    #expect(try await ready == [socket.readable])
    #expect(try await socket.receive().payload == [1, 2, 3])
  }

  @Test(arguments: Family.allCases, [true, false])
  func `a UDP socket is given away and adopted`(family: Family, isConnected: Bool) async throws {
    let peer = try await UDPSocket.bind(to: family.loopback)
    defer { peer.close() }
    let socket =
      isConnected
      ? try await UDPSocket.connect(to: peer.localAddress)
      : try await UDPSocket.bind(to: family.loopback)
    try await peer.send([1], to: socket.localAddress)
    let adopted = try UDPSocket(adopting: try socket.detach())
    defer { adopted.close() }
    #expect(socket.isClosed)
    #expect(adopted.localAddress == socket.localAddress)
    #expect(adopted.remoteAddress == socket.remoteAddress)
    let datagram = try await adopted.receive()
    #expect(datagram.payload == [1] && datagram.sender == peer.localAddress)
    try await adopted.send([2], to: peer.localAddress)
    #expect(try await peer.receive().payload == [2])
  }

  @Test func `a TCP socket is no UDP socket, and the other way round`() async throws {
    let udp = try await UDPSocket.bind(to: .loopback(port: 0)).detach().release()
    let error = await expectError(.invalidArgument) {
      try TCPConnection(adopting: OwnedDescriptor(owning: udp))
    }
    #expect(error?.detail?.hasSuffix(": IPv4 datagram socket, not listening") == true)
    let tcp = try await TCPListener.bind(to: .loopback(port: 0)).detach().release()
    await expectError(.invalidArgument) {
      try UDPSocket(adopting: OwnedDescriptor(owning: tcp))
    }
  }
}
