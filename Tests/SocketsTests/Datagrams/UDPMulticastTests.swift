import Testing

@testable import Sockets

/// IPv4 on the loopback interface, which is told explicitly, for no route leads there.
///
/// The kernel delivers no IPv6 groups on the loopback interface: that family is tested where there is an
/// interface `multicast0` with the address `fd00:7::1`, as in the namespace that Tests/Smoke/udp.sh makes.
@Suite(.timeLimit(.minutes(1))) struct UDPMulticastTests {
  struct Family: Sendable, CustomTestStringConvertible {
    let interface: UInt32
    let wildcard: SocketAddress
    let sender: SocketAddress
    let group: IPAddress
    let sourceGroup: IPAddress
    /// Not the sender's address, nor anybody's.
    let stranger: IPAddress

    var testDescription: String { group.description }
  }

  static let ipv4 = Family(
    interface: InterfaceName.index(of: "lo") ?? 0,
    wildcard: .anyIPv4(port: 0),
    sender: .loopback(port: 0),
    group: .v4(IPv4Address(239, 77, 1, 2)),
    sourceGroup: .v4(IPv4Address(232, 77, 1, 2)),
    stranger: .v4(IPv4Address(127, 0, 0, 9))
  )

  static let ipv6 = Family(
    interface: InterfaceName.index(of: "multicast0") ?? 0,
    wildcard: .any(port: 0),
    sender: SocketAddress(IPv6Address(0xFD00, 7, 0, 0, 0, 0, 0, 1), port: 0),
    group: .v6(IPv6Address(0xFF15, 0, 0, 0, 0, 0, 0x77, 1)),
    sourceGroup: .v6(IPv6Address(0xFF35, 0, 0, 0, 0, 0, 0x77, 1)),
    stranger: .v6(IPv6Address(0xFD00, 7, 0, 0, 0, 0, 0, 9))
  )

  static let reachable = ipv6.interface == 0 ? [ipv4] : [ipv4, ipv6]

  /// Whether a datagram comes within a moment; what the kernel delivers, it delivers during the send.
  func receives(_ socket: UDPSocket, _ payload: [UInt8]) async throws -> Bool {
    do {
      return try await socket.receive(deadline: .now + .milliseconds(1)).payload == payload
    } catch let error as SocketError where error.code == .timedOut {
      return false
    }
  }

  @Test(arguments: reachable)
  func `a group is heard from the join to the leave`(family: Family) async throws {
    let member = try await UDPSocket.bind(to: family.wildcard, reusesAddress: true)
    let address = SocketAddress(family.group, port: member.localAddress.port)
    let second = try await UDPSocket.bind(to: member.localAddress, reusesAddress: true)
    let sender = try await UDPSocket.bind(to: family.sender)
    try sender.set(.multicastInterface, to: family.interface)
    try sender.set(.multicastHopLimit, to: 3)

    try member.join(family.group, interface: family.interface)
    try await sender.send([1], to: address)
    let datagram = try await member.receive(deadline: .now + .seconds(10))
    #expect(datagram.payload == [1])
    #expect(datagram.metadata.localAddress?.unmapped == family.group)
    #expect(datagram.metadata.interface == family.interface)
    #expect(datagram.metadata.hopLimit == 3)
    // The second socket has the port, and not the group.
    #expect(try await !receives(second, [1]))

    try second.join(family.group, interface: family.interface)
    try await sender.send([2], to: address)
    for socket in [member, second] {
      #expect(try await socket.receive(deadline: .now + .seconds(10)).payload == [2])
    }
    try member.leave(family.group, interface: family.interface)
    try await sender.send([3], to: address)
    #expect(try await second.receive(deadline: .now + .seconds(10)).payload == [3])
    #expect(try await !receives(member, [3]))
  }

  @Test(arguments: reachable)
  func `only the chosen sources are heard`(family: Family) async throws {
    let member = try await UDPSocket.bind(to: family.wildcard)
    let address = SocketAddress(family.sourceGroup, port: member.localAddress.port)
    let sender = try await UDPSocket.bind(to: family.sender)
    try sender.set(.multicastInterface, to: family.interface)
    try member.join(family.sourceGroup, from: family.stranger, interface: family.interface)
    try await sender.send([1], to: address)
    #expect(try await !receives(member, [1]))
    try member.join(family.sourceGroup, from: family.sender.ip, interface: family.interface)
    try await sender.send([2], to: address)
    #expect(try await member.receive(deadline: .now + .seconds(10)).payload == [2])
    try member.leave(family.sourceGroup, from: family.sender.ip, interface: family.interface)
    try await sender.send([3], to: address)
    #expect(try await !receives(member, [3]))
  }

  @Test func `a socket for both families joins groups of both`() async throws {
    let member = try await UDPSocket.bind(to: .any(port: 0))
    for family in Self.reachable {
      try member.join(family.group, interface: family.interface)
      let sender = try await UDPSocket.bind(to: family.sender)
      try sender.set(.multicastInterface, to: family.interface)
      try await sender.send([1], to: SocketAddress(family.group, port: member.localAddress.port))
      let datagram = try await member.receive(deadline: .now + .seconds(10))
      #expect(datagram.metadata.localAddress?.unmapped == family.group)
    }
  }

  @Test(arguments: [ipv4, ipv6])
  func `mistakes are named`(family: Family) async throws {
    let member = try await UDPSocket.bind(to: family.wildcard)
    func code(_ body: () throws -> Void) -> SocketError.Code? {
      do {
        try body()
        return nil
      } catch {
        let error = error as? SocketError
        #expect(error?.operation == .multicast)
        return error?.code
      }
    }
    #expect(
      code { try member.join(family.sender.ip, interface: family.interface) } == .invalidArgument
    )
    let other = (family.group == Self.ipv4.group ? Self.ipv6 : Self.ipv4).sender.ip
    #expect(
      code { try member.join(family.group, from: other, interface: family.interface) }
        == .invalidArgument
    )
    #expect(code { try member.join(family.group, interface: 1 << 30) } != nil)
    #expect(
      code { try member.leave(family.group, interface: family.interface) } == .addressNotAvailable
    )
    #expect(code { try member.join(family.group, interface: family.interface) } == nil)
    #expect(code { try member.join(family.group, interface: family.interface) } == .addressInUse)
    let stranger = family.stranger
    for expected in [nil, SocketError.Code.addressNotAvailable] {
      let joined = code {
        try member.join(family.sourceGroup, from: stranger, interface: family.interface)
      }
      #expect(joined == expected)
    }
    member.close()
    #expect(code { try member.join(family.group, interface: family.interface) } == .closed)
  }

  @Test func `the zone of a group is the interface to hear it on`() async throws {
    let zone = Self.ipv4.interface
    let group = IPAddress.v6(IPv6Address(rawValue: UInt128(0xFF02) << 112 | 0xFB, zone: zone))
    let socket = try await UDPSocket.bind(to: .any(port: 0))
    try socket.join(group)
    await expectError(.addressInUse) { try socket.join(group, interface: zone) }
    await expectError(.invalidArgument) { try socket.join(group, interface: zone + 1) }
    try socket.leave(group)
  }
}
