import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct BindTests {
  @Test(arguments: Family.allCases)
  func `accepted connections have the listener's options`(family: Family) async throws {
    try await withPair(family) { pair in
      for connection in [pair.near, pair.far] {
        #expect(DescriptorAudit.isCloseOnExec(connection.descriptor))
        #expect(DescriptorAudit.isNonBlocking(connection.descriptor))
        let (noDelay, lowWatermark) = try connection.stream.registration.use {
          (socket) throws(Errno) in
          (
            try socket.option(SOL_TCP, TCP_NODELAY),
            try socket.option(SOL_TCP, TCP_NOTSENT_LOWAT)
          )
        }
        #expect(noDelay == 1)
        #expect(lowWatermark == 16_384)
      }
    }
  }

  @Test(arguments: Family.allCases)
  func `a port in use is refused, and the error names the address`(family: Family) async throws {
    try await withListener(to: family.loopback) { listener, reactor in
      let error = await expectError(.addressInUse) {
        try await TCPListener.bind(to: listener.localAddress, on: [reactor])
      }
      #expect(error?.operation == .bind)
      #expect(error?.errno == EADDRINUSE)
      #expect(error?.localAddress as? SocketAddress == listener.localAddress)
      #expect(reactor.statistics.registrations == 1)
    }
  }

  @Test func `listeners that reuse the port share it`() async throws {
    let reactor = try Reactor()
    let first = try await TCPListener.bind(
      to: .loopback(port: 0),
      reusesPort: true,
      on: [reactor]
    )
    let second = try await TCPListener.bind(
      to: first.localAddress,
      reusesPort: true,
      on: [reactor]
    )
    #expect(first.localAddress == second.localAddress)
  }

  @Test func `an address that is not this machine's is refused`() async throws {
    let address = SocketAddress(try IPAddress(parsing: "192.0.2.1"), port: 0)
    let error = await expectError(.addressNotAvailable) { try await TCPListener.bind(to: address) }
    #expect(error?.operation == .bind)
    #expect(error?.errno == EADDRNOTAVAIL)
    #expect(error?.localAddress as? SocketAddress == address)
  }

  @Test func `the wildcard listens on both families`() async throws {
    try await withListener(to: .any(port: 0)) { listener, reactor in
      let port = listener.localAddress.port
      for address in [SocketAddress.loopback(port: port), .loopbackIPv6(port: port)] {
        let client = try await TCPConnection.connect(to: address, on: reactor)
        let server = try await listener.accept()
        #expect(server.localAddress.unmapped == address)
        #expect(server.remoteAddress.unmapped == client.localAddress)
      }
    }
  }

  @Test func `the wildcard for one family listens on that one`() async throws {
    let reactor = try Reactor()
    // On one port, so that no stranger can listen at the other family's: each gets its own clients only.
    let (six, four) = try await wildcardsOfOnePort(on: reactor)
    for (listener, address) in [
      (six, SocketAddress.loopbackIPv6(port: six.localAddress.port)),
      (four, SocketAddress.loopback(port: four.localAddress.port)),
    ] {
      let client = try await TCPConnection.connect(to: address, on: reactor)
      let server = try await listener.accept()
      #expect(server.localAddress == address)
      #expect(server.remoteAddress == client.localAddress)
    }
  }

  /// A listener for each family, on a port that is free in both.
  private func wildcardsOfOnePort(
    on reactor: Reactor
  ) async throws -> (six: TCPListener, four: TCPListener) {
    var attempts = 0
    while true {
      attempts += 1
      let six = try await TCPListener.bind(to: .any(port: 0), isDualStack: false, on: [reactor])
      do {
        let address = SocketAddress.anyIPv4(port: six.localAddress.port)
        return (six, try await TCPListener.bind(to: address, on: [reactor]))
      } catch let error as SocketError where error.code == .addressInUse && attempts < 100 {
        six.close()
      }
    }
  }

  @Test func `accepted connections are given to the reactors in turn`() async throws {
    let reactors = [try Reactor(name: "one"), try Reactor(name: "two")]
    let listener = try await TCPListener.bind(to: .loopback(port: 0), on: reactors)
    #expect(listener.reactor === reactors[0])
    var clients: [TCPConnection] = []
    var owners: [Bool] = []
    for _ in 0..<4 {
      clients.append(try await TCPConnection.connect(to: listener.localAddress))
      let connection = try await listener.accept()
      owners.append(connection.reactor === reactors[0])
    }
    #expect(owners == [true, false, true, false])
  }

  @Test func `an IPv4-mapped address is bound as the IPv4 address that it is`() async throws {
    let mapped = try SocketAddress(parsing: "[::ffff:127.0.0.1]:0")
    let listener = try await TCPListener.bind(to: mapped)
    let client = try await TCPConnection.connect(to: listener.localAddress.unmapped)
    let accepted = try await listener.accept()
    #expect(accepted.remoteAddress.unmapped == client.localAddress)
    let socket = try await UDPSocket.bind(to: mapped)
    let sender = try await UDPSocket.connect(to: socket.localAddress.unmapped)
    try await sender.send([1])
    #expect(try await socket.receive().payload == [1])
  }
}
