import Glibc
import Testing

@testable import Sockets

/// How datagrams to groups leave a socket: options for both families.
@Suite(.timeLimit(.minutes(1))) struct MulticastOptionTests {
  /// The loopback interface.
  private static let interface = InterfaceName.index(of: "lo") ?? 0

  /// What the kernel says by the C names of a family.
  private func settings(_ socket: UDPSocket, isIPv6: Bool) throws -> [Int] {
    let (level, names): (Int32, [Int32]) =
      isIPv6
      ? (SOL_IPV6, [IPV6_MULTICAST_LOOP, IPV6_MULTICAST_HOPS])
      : (SOL_IP, [IP_MULTICAST_LOOP, IP_MULTICAST_TTL])
    return try names.map { try socket.get(.raw(level: level, name: $0)) }
  }

  @Test(arguments: UDPSocketTests.loopbacks)
  func `what was set is set`(loopback: SocketAddress) async throws {
    let socket = try await UDPSocket.bind(to: loopback)
    #expect(try settings(socket, isIPv6: loopback.isIPv6) == [1, 1])
    #expect(try socket.get(.multicastLoopback))
    try socket.set(.multicastLoopback, to: false)
    #expect(try !socket.get(.multicastLoopback))
    for limit in [0, 255] {
      try socket.set(.multicastHopLimit, to: limit)
      #expect(try socket.get(.multicastHopLimit) == limit)
      #expect(try settings(socket, isIPv6: loopback.isIPv6) == [0, limit])
    }
    try socket.set(.multicastInterface, to: Self.interface)
    try socket.set(.multicastInterface, to: 0)
  }

  @Test func `a socket for both families sets them for both`() async throws {
    let socket = try await UDPSocket.bind(to: .any(port: 0)) { socket, _ in
      try socket.set(.multicastHopLimit, to: 5)
      try socket.set(.multicastLoopback, to: false)
    }
    #expect(try settings(socket, isIPv6: true) == [0, 5])
    #expect(try settings(socket, isIPv6: false) == [0, 5])
    try socket.set(.multicastInterface, to: Self.interface)
    #expect(try socket.get(.multicastInterface) == Self.interface)
    // No route leads to a group on the loopback interface: it gets there by the option alone.
    let member = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    let group = IPAddress.v4(IPv4Address(239, 77, 1, 5))
    try member.join(group, interface: Self.interface)
    try socket.set(.multicastLoopback, to: true)
    try await socket.send([1], to: SocketAddress(group, port: member.localAddress.port))
    let datagram = try await member.receive(deadline: .now + .seconds(10))
    #expect(datagram.payload == [1])
    #expect(datagram.metadata.hopLimit == 5 && datagram.metadata.interface == Self.interface)
  }

  @Test func `one for IPv6 only leaves the other family's alone`() async throws {
    let socket = try await UDPSocket.bind(to: .any(port: 0), isDualStack: false)
    try socket.set(.multicastHopLimit, to: 5)
    #expect(try settings(socket, isIPv6: true) == [1, 5])
    #expect(try settings(socket, isIPv6: false) == [1, 1])
  }

  @Test func `of an IPv4 socket the kernel does not tell the interface`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    try socket.set(.multicastInterface, to: Self.interface)
    let error = await expectError(.notSupported) { try socket.get(.multicastInterface) }
    #expect(error?.operation == .option && error?.errno == nil)
    #expect(error?.detail?.hasPrefix("IP_MULTICAST_IF ") == true)
  }

  @Test(arguments: UDPSocketTests.loopbacks)
  func `what there is not is refused`(loopback: SocketAddress) async throws {
    let socket = try await UDPSocket.bind(to: loopback)
    for refused in [-1, 256] {
      await expectError(.invalidArgument) { try socket.set(.multicastHopLimit, to: refused) }
    }
    let tooLarge = await expectError(.invalidArgument) {
      try socket.set(.multicastInterface, to: .max)
    }
    #expect(tooLarge?.errno == nil)
    await expectError(loopback.isIPv6 ? .other : .addressNotAvailable) {
      try socket.set(.multicastInterface, to: 1 << 30)
    }
    socket.close()
    await expectError(.closed) { try socket.set(.multicastLoopback, to: true) }
  }
}
