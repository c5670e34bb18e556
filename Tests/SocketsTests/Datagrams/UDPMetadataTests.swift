import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UDPMetadataTests {
  @Test(arguments: UDPSocketTests.loopbacks)
  func `traffic class, hop limit and addresses go along`(loopback: SocketAddress) async throws {
    let receiver = try await UDPSocket.bind(to: loopback)
    let sender = try await UDPSocket.bind(to: loopback)
    var metadata = DatagramMetadata(trafficClass: 0xB8, hopLimit: 7)
    metadata.congestion = .capable0
    #expect(metadata.trafficClass == 0xBA)
    try await sender.send([1], to: receiver.localAddress, metadata: metadata)
    let received = try await receiver.receive().metadata
    #expect(received.localAddress == receiver.localAddress.ip)
    #expect(received.interface == InterfaceName.index(of: "lo"))
    #expect(received.trafficClass == 0xBA)
    #expect(received.congestion == .capable0)
    #expect(received.hopLimit == 7)
    #expect(received.segmentSize == nil)

    try await sender.send([1], to: receiver.localAddress)
    let plain = try await receiver.receive().metadata
    #expect(plain.trafficClass == 0)
    #expect(plain.congestion == .notCapable)
    #expect(plain.hopLimit == 64)
  }

  @Test func `the source address can be chosen`() async throws {
    let sender = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    let receiver = try await UDPSocket.bind(to: .loopback(port: 0))
    let source = IPAddress.v4(IPv4Address(127, 0, 0, 77))
    try await sender.send(
      [1],
      to: receiver.localAddress,
      metadata: DatagramMetadata(localAddress: source)
    )
    let datagram = try await receiver.receive()
    #expect(datagram.sender == SocketAddress(source, port: sender.localAddress.port))
  }

  @Test func `an answer comes from the address that was asked`() async throws {
    for wildcard in [SocketAddress.anyIPv4(port: 0), .any(port: 0)] {
      let server = try await UDPSocket.bind(to: wildcard)
      let address = SocketAddress(IPv4Address(127, 1, 2, 3), port: server.localAddress.port)
      let client = try await UDPSocket.connect(to: address)
      try await client.send([1])
      let request = try await server.receive()
      #expect(request.metadata.localAddress?.unmapped == address.ip)
      #expect(request.metadata.hopLimit == 64)
      try await server.send([2], to: request.sender, metadata: request.metadata.reply)
      #expect(try await client.receive().sender == address)
    }
  }

  @Test func `both families tell their metadata on one socket`() async throws {
    let both = try await UDPSocket.bind(to: .any(port: 0))
    let port = both.localAddress.port
    for (loopback, target) in zip(
      UDPSocketTests.loopbacks,
      [SocketAddress.loopback(port: port), .loopbackIPv6(port: port)]
    ) {
      let client = try await UDPSocket.bind(to: loopback)
      let sent = DatagramMetadata(trafficClass: 0x28, hopLimit: 9)
      try await client.send([1], to: target, metadata: sent)
      let request = try await both.receive()
      #expect(request.metadata.localAddress?.unmapped == target.ip)
      #expect(request.metadata.interface != 0)
      #expect(request.metadata.trafficClass == 0x28)
      #expect(request.metadata.hopLimit == 9)
      try await both.send([2], to: request.sender, metadata: sent)
      let answer = try await client.receive()
      #expect(answer.metadata.trafficClass == 0x28)
      #expect(answer.metadata.hopLimit == 9)
    }
  }

  @Test func `what cannot go along is refused`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    for metadata in [
      DatagramMetadata(hopLimit: 0), DatagramMetadata(segmentSize: 0),
      DatagramMetadata(segmentSize: -1), DatagramMetadata(segmentSize: 65_536),
      DatagramMetadata(localAddress: .v6(.loopback)),
      DatagramMetadata(localAddress: .v4(IPv4Address(192, 0, 2, 1))),
      DatagramMetadata(interface: 1 << 30),
    ] {
      await #expect(throws: SocketError.self, "\(metadata)") {
        try await socket.send([1, 2], to: socket.localAddress, metadata: metadata)
      }
    }
    try await socket.send([3], to: socket.localAddress)
    #expect(try await socket.receive().payload == [3])
  }

  @Test func `a large payload leaves in segments`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let payload = (0..<250).map { UInt8($0) }
    try await socket.send(
      payload,
      to: socket.localAddress,
      metadata: DatagramMetadata(segmentSize: 100)
    )
    var received: [[UInt8]] = []
    for _ in 0..<3 { received.append(try await socket.receive().payload) }
    #expect(received.map(\.count) == [100, 100, 50])
    #expect(Array(received.joined()) == payload)
  }

  @Test func `an answer does not come from a group`() {
    let unicast = DatagramMetadata(localAddress: .v6(.loopback), interface: 3, hopLimit: 1)
    #expect(unicast.reply == DatagramMetadata(localAddress: .v6(.loopback)))
    for address in ["224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:224.0.0.1"] {
      let received = DatagramMetadata(localAddress: IPAddress(address), interface: 3)
      #expect(received.reply == DatagramMetadata())
    }
  }

  @Test(arguments: [SocketAddress.anyIPv4(port: 0), .any(port: 0)])
  func `a broadcast to a subnet is answered from an address of its own`(
    wildcard: SocketAddress
  ) async throws {
    let receiver = try await UDPSocket.bind(to: wildcard)
    let sender = try await UDPSocket.bind(to: .loopback(port: 0))
    try sender.set(.broadcast, to: true)
    let everybody = IPv4Address(127, 255, 255, 255)
    try await sender.send([1], to: SocketAddress(everybody, port: receiver.localAddress.port))
    let request = try await receiver.receive()
    #expect(request.metadata.localAddress?.unmapped == .v4(everybody))
    try await receiver.send([2], to: request.sender, metadata: request.metadata.reply)
    let answer = try await sender.receive()
    #expect(answer.payload == [2])
    #expect(answer.sender.ip == .v4(.loopback))
  }
}
