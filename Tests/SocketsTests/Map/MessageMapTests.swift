import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on datagrams, control messages and groups.
@Suite(.timeLimit(.minutes(1))) struct MessageMapTests {
  @Test func `datagrams`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let peer = try await UDPSocket.bind(to: .loopback(port: 0))
    let (address, bytes) = (peer.localAddress, pattern(9))
    // map: sendto
    try await socket.send(bytes, to: address)
    // end
    #expect(try await peer.receive().payload == bytes)
    try await peer.send(bytes, to: socket.localAddress)
    // map: recvfrom
    let datagram = try await socket.receive()
    // end
    #expect(datagram.sender == address)
    // map: MSG_TRUNC
    let isCut = datagram.isTruncated
    // end
    #expect(!isCut)
    // map: IP_PKTINFO
    try await socket.send(bytes, to: datagram.sender, metadata: datagram.metadata.reply)
    // end
    #expect(try await peer.receive().sender == socket.localAddress)
    for socket in [socket, peer] { socket.close() }
  }

  @Test func `control messages`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let (address, bytes) = (socket.localAddress, pattern(20))
    // map: sendmsg
    try await socket.send(bytes, to: address, metadata: DatagramMetadata(hopLimit: 7))
    // end
    // map: recvmsg
    let hopLimit = try await socket.receive().metadata.hopLimit
    // end
    #expect(hopLimit == 7)
    // map: UDP_SEGMENT
    try await socket.send(bytes, to: address, metadata: DatagramMetadata(segmentSize: 10))
    // end
    #expect(try await socket.receive().length == 10)
    socket.close()
  }

  @Test func `many datagrams at once`() async throws {
    // map: UDP_GRO
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), coalesces: true)
    // end
    var batch = ReceiveBatch()
    func send(count: Int) async throws {
      var batch = SendBatch()
      for _ in 0..<count { _ = batch.append(pattern(9), to: socket.localAddress) }
      // map: sendmmsg
      try await socket.sendBatch(&batch)
      // end
      let isSent = batch.isEmpty
      #expect(isSent)
    }
    try await send(count: 10)
    var count = 0
    while count < 10 {
      // map: recvmmsg
      try await socket.receiveBatch(into: &batch)
      // end
      count += batch.count
    }
    #expect(count == 10)
    socket.close()
  }

  @Test func `groups`() async throws {
    let socket = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    let group = IPAddress.v4(IPv4Address(239, 77, 1, 3))
    let source = IPAddress.v4(.loopback)
    let loopback = try #require(NetworkInterface.index(ofName: "lo"))
    // map: IP_ADD_MEMBERSHIP
    try socket.join(group, interface: loopback)
    // end
    // map: IP_MULTICAST_IF
    try socket.set(.multicastInterface, to: loopback)
    try socket.set(.multicastHopLimit, to: 1)
    try socket.set(.multicastLoopback, to: true)
    // end
    try await socket.send([1], to: SocketAddress(group, port: socket.localAddress.port))
    #expect(try await socket.receive().payload == [1])
    // map: IP_DROP_MEMBERSHIP
    try socket.leave(group, interface: loopback)
    // end
    // map: setsourcefilter
    try socket.join(group, from: source, interface: loopback)
    // end
    let sender = try await UDPSocket.bind(to: .loopback(port: 0))
    try sender.set(.multicastInterface, to: loopback)
    try await sender.send([2], to: SocketAddress(group, port: socket.localAddress.port))
    #expect(try await socket.receive().payload == [2])
    for socket in [socket, sender] { socket.close() }
  }

  @Test func `broadcast`() async throws {
    let socket = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    // map: SO_BROADCAST
    try socket.set(.broadcast, to: true)
    // end
    #expect(try socket.get(.broadcast))
    socket.close()
  }

  @Test func `descriptors travel with bytes`() async throws {
    try await withUnixPair { pair in
      var channel = pair.near
      let connection = try await UDPSocket.bind(to: .loopback(port: 0))
      // map: sendmsg with SCM_RIGHTS
      let duplicate = try OwnedDescriptor(duplicating: connection)
      try await channel.write([0], passing: duplicate)
      // end
      connection.close()
      channel = pair.far
      // map: recvmsg with SCM_RIGHTS
      var descriptors = DescriptorBatch()
      let bytes = try await channel.read(upTo: 4096, descriptors: &descriptors)
      // end
      #expect(bytes == [0])
      #expect(descriptors.count == 1)
    }
  }
}
