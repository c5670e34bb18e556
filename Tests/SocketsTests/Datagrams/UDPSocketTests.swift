import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UDPSocketTests {
  static let loopbacks = [SocketAddress.loopback(port: 0), .loopbackIPv6(port: 0)]

  @Test(arguments: loopbacks)
  func `datagrams of every length arrive as they were sent`(address: SocketAddress) async throws {
    let (left, right) = (
      try await UDPSocket.bind(to: address), try await UDPSocket.bind(to: address)
    )
    #expect(left.localAddress.port != 0)
    #expect(left.localAddress.ip == address.ip)
    #expect(left.remoteAddress == nil)
    for length in [0, 1, 1_472, 65_507] {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      try await left.send(payload, to: right.localAddress)
      let datagram = try await right.receive()
      #expect(datagram.payload == payload)
      #expect(datagram.sender == left.localAddress)
      #expect(datagram.length == length)
      #expect(!datagram.isTruncated)
    }
  }

  @Test(arguments: loopbacks)
  func `one that is too long fails alone`(address: SocketAddress) async throws {
    let (left, right) = (
      try await UDPSocket.bind(to: address), try await UDPSocket.bind(to: address)
    )
    let longest = address == Self.loopbacks[0] ? 65_507 : 65_527
    let tooLong = [UInt8](repeating: 1, count: longest + 1)
    let error = await #expect(throws: SocketError.self) {
      try await left.send(tooLong, to: right.localAddress)
    }
    #expect(error?.code == .messageTooLong)
    #expect(error?.operation == .send)
    #expect(error?.remoteAddress as? SocketAddress == right.localAddress)
    try await left.send([1, 2, 3], to: right.localAddress)
    #expect(try await right.receive().payload == [1, 2, 3])
  }

  @Test func `one that exceeds the room is cut, and says how long it was`() async throws {
    let (left, right) = (
      try await UDPSocket.bind(to: .loopback(port: 0)),
      try await UDPSocket.bind(to: .loopback(port: 0))
    )
    for _ in 0..<3 { try await left.send(Array(0..<100), to: right.localAddress) }
    let datagram = try await right.receive(upTo: 10)
    #expect(datagram.payload == Array(0..<10))
    #expect(datagram.isTruncated)
    #expect(datagram.length == 100)
    let nothing = try await right.receive(upTo: 0)
    #expect(nothing.payload == [] && nothing.isTruncated && nothing.length == 100)

    var storage: [UInt8] = []
    try await left.send([9], to: right.localAddress)
    var headers: [DatagramHeader<UDP>] = []
    for _ in 0..<2 {
      let (bytes, header) = try await receive(from: right, capacity: 30)
      storage += bytes
      headers.append(header)
    }
    #expect(storage == Array(0..<30) + [9])
    #expect(headers.map(\.payloadLength) == [30, 1])
    #expect(headers.map(\.length) == [100, 1])
    #expect(headers.map(\.isTruncated) == [true, false])
  }

  /// Receives into memory of the caller.
  func receive(
    from socket: UDPSocket,
    capacity: Int
  ) async throws -> ([UInt8], DatagramHeader<UDP>) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
    defer { unsafe memory.deallocate() }
    var span = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
    let header = try await socket.receive(into: &span)
    let count = span.byteCount
    #expect(count == header.payloadLength)
    return unsafe (Array(memory[..<count]), header)
  }

  @Test func `the sequence goes on over empty and truncated datagrams until the close`()
    async throws
  {
    let (left, right) = (
      try await UDPSocket.bind(to: .loopback(port: 0)),
      try await UDPSocket.bind(to: .loopback(port: 0))
    )
    for payload in ["a", "", "b", "", "", "c"] {
      try await left.send(payload.utf8, to: right.localAddress)
    }
    var received: [String] = []
    for try await datagram in right.datagrams {
      received.append(String(decoding: datagram.payload, as: UTF8.self))
      if received.count == 6 { right.close() }
    }
    #expect(received == ["a", "", "b", "", "", "c"])
    #expect(right.isClosed)
  }

  @Test func `a connected socket needs no destination and hears its peer only`() async throws {
    let server = try await UDPSocket.bind(to: .loopback(port: 0))
    let stranger = try await UDPSocket.bind(to: .loopback(port: 0))
    let client = try await UDPSocket.connect(to: server.localAddress)
    #expect(client.remoteAddress == server.localAddress)
    #expect(client.localAddress.ip == .v4(.loopback))
    try await stranger.send([1], to: client.localAddress)
    try await client.send([2])
    let request = try await server.receive()
    #expect(request.sender == client.localAddress)
    try await server.send([3], to: request.sender)
    #expect(try await client.receive().payload == [3])
    // A connected socket may still send elsewhere.
    try await client.send([4], to: stranger.localAddress)
    #expect(try await stranger.receive().payload == [4])
  }

  @Test func `a socket without a peer needs a destination`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let error = await #expect(throws: SocketError.self) { try await socket.send([1]) }
    #expect(error?.code == .notConnected)
    var batch = SendBatch()
    _ = batch.append([1])
    do {
      try await socket.sendBatch(&batch)
      Issue.record("sent to nobody")
    } catch let error as SocketError {
      #expect(error.code == .notConnected)
      #expect(batch.count == 0)
    }
  }

  @Test func `the wildcard serves both families unless told otherwise`() async throws {
    let both = try await UDPSocket.bind(to: .any(port: 0))
    let port = both.localAddress.port
    let v4 = try await UDPSocket.connect(to: .loopback(port: port))
    let v6 = try await UDPSocket.connect(to: .loopbackIPv6(port: port))
    for client in [v4, v6] {
      try await client.send([1])
      let request = try await both.receive()
      #expect(request.sender.unmapped == client.localAddress)
      try await both.send([2], to: request.sender, metadata: request.metadata.reply)
      #expect(try await client.receive().payload == [2])
      // An IPv4 destination need not be written as a mapped one.
      try await both.send([3], to: client.localAddress)
      #expect(try await client.receive().payload == [3])
    }
    // A port that is free for IPv4 beside it shows that it serves IPv6 only; another test may have it.
    var isFree = false
    for _ in 0..<20 where !isFree {
      let one = try await UDPSocket.bind(to: .any(port: 0), isDualStack: false)
      isFree = (try? await UDPSocket.bind(to: .anyIPv4(port: one.localAddress.port))) != nil
    }
    #expect(isFree)
  }

  @Test func `a port belongs to one socket unless all share it`() async throws {
    let first = try await UDPSocket.bind(to: .loopback(port: 0))
    let error = await #expect(throws: SocketError.self) {
      try await UDPSocket.bind(to: first.localAddress)
    }
    #expect(error?.code == .addressInUse)
    #expect(error?.operation == .bind)
    #expect(error?.localAddress as? SocketAddress == first.localAddress)
    let shared = try await UDPSocket.bind(to: .loopback(port: 0), reusesPort: true)
    let sibling = try await UDPSocket.bind(to: shared.localAddress, reusesPort: true)
    #expect(sibling.localAddress == shared.localAddress)
    let reusing = try await UDPSocket.bind(to: .loopback(port: 0), reusesAddress: true)
    _ = try await UDPSocket.bind(to: reusing.localAddress, reusesAddress: true)
    await #expect(throws: SocketError.self) {
      try await UDPSocket.bind(to: SocketAddress(IPv4Address(192, 0, 2, 1), port: 0))
    }
  }

  @Test(arguments: loopbacks)
  func `a socket is close-on-exec and non-blocking`(address: SocketAddress) async throws {
    let bound = try await UDPSocket.bind(to: address)
    for socket in [bound, try await UDPSocket.connect(to: bound.localAddress)] {
      let number = try #require(socket.port.registration.number)
      #expect(DescriptorAudit.isCloseOnExec(number))
      #expect(DescriptorAudit.isNonBlocking(number))
    }
  }

  @Test func `broadcasting must be allowed`() async throws {
    let plain = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    let broadcast = SocketAddress(IPv4Address(127, 255, 255, 255), port: plain.localAddress.port)
    let error = await #expect(throws: SocketError.self) { try await plain.send([1], to: broadcast) }
    #expect(error?.code == .permissionDenied)
    let loud = try await UDPSocket.bind(to: .anyIPv4(port: 0))
    try loud.set(.broadcast, to: true)
    try await loud.send([2], to: broadcast)
    #expect(try await plain.receive().payload == [2])
    await expectError(.permissionDenied) { try await UDPSocket.connect(to: broadcast) }
    let connected = try await UDPSocket.connect(to: broadcast) { socket, _ in
      try socket.set(.broadcast, to: true)
    }
    try await connected.send([3])
    #expect(try await plain.receive().payload == [3])
  }
}
