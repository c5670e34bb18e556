import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Unix-domain sockets of every kind: taken over, and given away.
@Suite(.timeLimit(.minutes(1))) struct UnixAdoptionTests {
  /// A descriptor as another library leaves it: blocking, and inherited by children.
  private func clearFlags(_ descriptor: consuming OwnedDescriptor) -> OwnedDescriptor {
    descriptor.withUnsafeDescriptor { number in
      _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) & ~O_NONBLOCK)
      _ = fcntl(number, F_SETFD, 0)
    }
    return descriptor
  }

  private func expectFlags(_ number: Int32) {
    #expect(DescriptorAudit.isCloseOnExec(number) && DescriptorAudit.isNonBlocking(number))
  }

  @Test func `a listener given away keeps its queue and its file, which its new owner leaves`()
    async throws
  {
    try await withDirectory { directory in
      let path = directory + "/s"
      let listener = try await UnixListener.bind(to: .path(path))
      let client = try await UnixConnection.connect(to: .path(path))
      let descriptor = clearFlags(try listener.detach())
      #expect(listener.isClosed && FileLook(path) != nil)
      await expectError(.closed) { try await listener.accept() }
      await expectError(.closed) { _ = try listener.detach() }
      let adopted = try UnixListener(adopting: descriptor)
      expectFlags(adopted.descriptor)
      #expect(adopted.localAddress == listener.localAddress)
      let accepted = try await adopted.accept()
      #expect(try accepted.localAddress == .path(path))
      try await client.write("hello")
      #expect(try await accepted.read(upTo: 100) == Array("hello".utf8))
      adopted.close()
      #expect(FileLook(path) != nil)
    }
  }

  @Test(arguments: UnixLink.allCases)
  func `a connection given away is adopted again, with the bytes not read`(
    link: UnixLink
  ) async throws {
    try await withUnixPair(link) { pair in
      try await pair.far.write("hello")
      let adopted = try UnixConnection(adopting: clearFlags(try pair.near.detach()))
      defer { adopted.close() }
      #expect(pair.near.isClosed)
      expectFlags(adopted.descriptor)
      #expect(adopted.localAddress == pair.near.localAddress)
      #expect(adopted.remoteAddress == pair.near.remoteAddress)
      #expect(try adopted.peerCredentials.processID == getpid())
      #expect(try await adopted.read(upTo: 100) == Array("hello".utf8))
      try await adopted.write("bye")
      #expect(try await pair.far.read(upTo: 100) == Array("bye".utf8))
    }
  }

  @Test func `bytes that a cancelled read has left are not lost by giving away`() async throws {
    try await withUnixPair { pair in
      try await pair.far.write("hello")
      await expectError(.timedOut) {
        try await pair.near.read(exactly: 10, deadline: .now + .milliseconds(10))
      }
      let error = await expectError(.invalidArgument) { _ = try pair.near.detach() }
      #expect(error?.operation == .descriptor)
      #expect(try await pair.near.read(exactly: 5) == Array("hello".utf8))
      _ = try pair.near.detach()
    }
  }

  @Test func `a seqpacket listener and its connection, given away and adopted`() async throws {
    let listener = try await SeqPacketListener.bind(to: .unnamed)
    let client = try await SeqPacketConnection.connect(to: listener.localAddress)
    let adopted = try SeqPacketListener(adopting: clearFlags(try listener.detach()))
    defer { adopted.close() }
    #expect(listener.isClosed && adopted.localAddress == listener.localAddress)
    let accepted = try await adopted.accept()
    for message in [[1, 2], [], [3]] as [[UInt8]] { try await client.send(message) }
    let again = try SeqPacketConnection(adopting: clearFlags(try accepted.detach()))
    defer { again.close() }
    #expect(accepted.isClosed && again.localAddress == listener.localAddress)
    #expect(again.remoteAddress == .unnamed)
    try await client.finish()
    var received: [[UInt8]] = []
    for try await message in again.messages() { received.append(message.payload) }
    #expect(received == [[1, 2], [], [3]])
    try await again.send([])
    #expect(try await client.receive(upTo: 8)?.payload == [])
  }

  @Test func `empty messages that a foreign socket has queued are told from the end`() async throws
  {
    var numbers: [Int32] = [-1, -1]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &numbers) == 0)
    for _ in 0..<2 {
      let sent = send(numbers[1], nil, 0, 0)
      #expect(sent == 0)
    }
    close(numbers[1])
    let adopted = try SeqPacketConnection(adopting: OwnedDescriptor(owning: numbers[0]))
    defer { adopted.close() }
    for _ in 0..<2 { #expect(try await adopted.receive(upTo: 8)?.payload == []) }
    #expect(try await adopted.receive(upTo: 8) == nil)
  }

  @Test(arguments: [true, false])
  func `a datagram socket is given away and adopted`(isConnected: Bool) async throws {
    try await withDirectory { directory in
      let (peerPath, path) = (directory + "/peer", directory + "/s")
      let peer = try await UnixDatagramSocket.bind(to: .path(peerPath))
      defer { peer.close() }
      let socket =
        isConnected
        ? try await UnixDatagramSocket.connect(to: .path(peerPath), from: .path(path))
        : try await UnixDatagramSocket.bind(to: .path(path))
      try await peer.send([1], to: .path(path))
      let adopted = try UnixDatagramSocket(adopting: clearFlags(try socket.detach()))
      #expect(socket.isClosed && FileLook(path) != nil)
      expectFlags(adopted.descriptor)
      #expect(try adopted.localAddress == .path(path))
      #expect(try adopted.remoteAddress == (isConnected ? .path(peerPath) : nil))
      let datagram = try await adopted.receive()
      #expect(try datagram.payload == [1] && datagram.sender == .path(peerPath))
      try await adopted.send([2], to: isConnected ? nil : .path(peerPath))
      #expect(try await peer.receive().sender == .path(path))
      adopted.close()
      #expect(FileLook(path) != nil)
    }
  }

  @Test func `an end of a pair, adopted, still knows that it is connected`() async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    let adopted = try UnixDatagramSocket(adopting: try near.detach())
    #expect(adopted.localAddress == .unnamed && adopted.remoteAddress == .unnamed)
    try await adopted.send([1])
    #expect(try await far.receive().payload == [1])
  }

  /// What a descriptor can be adopted as.
  enum Kind: CaseIterable {
    case tcpListener, tcpConnection, unixListener, unixConnection, seqPacketListener,
      seqPacketConnection, udpSocket, unixDatagramSocket

    func adopt(_ descriptor: consuming OwnedDescriptor) throws {
      switch self {
      case .tcpListener: try TCPListener(adopting: descriptor).close()
      case .tcpConnection: try TCPConnection(adopting: descriptor).close()
      case .unixListener: try UnixListener(adopting: descriptor).close()
      case .unixConnection: try UnixConnection(adopting: descriptor).close()
      case .seqPacketListener: try SeqPacketListener(adopting: descriptor).close()
      case .seqPacketConnection: try SeqPacketConnection(adopting: descriptor).close()
      case .udpSocket: try UDPSocket(adopting: descriptor).close()
      case .unixDatagramSocket: try UnixDatagramSocket(adopting: descriptor).close()
      }
    }

    /// A socket of this kind.
    func make() async throws -> OwnedDescriptor {
      switch self {
      case .tcpListener: return try await TCPListener.bind(to: .loopback(port: 0)).detach()
      case .tcpConnection: return try await TCPConnection.pair().0.detach()
      case .unixListener: return try await UnixListener.bind(to: .unnamed).detach()
      case .unixConnection: return try UnixConnection.pair().0.detach()
      case .seqPacketListener: return try await SeqPacketListener.bind(to: .unnamed).detach()
      case .seqPacketConnection: return try SeqPacketConnection.pair().0.detach()
      case .udpSocket: return try await UDPSocket.bind(to: .loopback(port: 0)).detach()
      case .unixDatagramSocket: return try UnixDatagramSocket.pair().0.detach()
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func `each kind is adopted as what it is, and refused and closed as any other`(
    kind: Kind
  ) async throws {
    for other in Kind.allCases {
      let descriptor = try await kind.make()
      let object = descriptor.withUnsafeDescriptor { DescriptorAudit.object($0) }
      // The peer of a connection made here is gone: that, too, is found out.
      let isGone = kind == .tcpConnection || kind == .unixConnection || kind == .seqPacketConnection
      let number = descriptor.release()
      let result = await outcome { try other.adopt(OwnedDescriptor(owning: number)) }
      if kind == other {
        let error = result.socketError
        #expect(error == nil || isGone && error?.code == .notConnected, "\(kind): \(result)")
      } else {
        #expect(result.code == .invalidArgument, "\(kind) as \(other): \(result)")
        #expect(result.socketError?.operation == .adopt)
        #expect(result.socketError?.detail?.contains("is not a") == true)
      }
      #expect(try !DescriptorAudit.openObjects().contains(try #require(object)))
    }
  }

  @Test func `what is not connected is no connection`() async throws {
    for type in [SOCK_STREAM, SOCK_SEQPACKET] {
      let number = socket(AF_UNIX, Int32(type.rawValue), 0)
      let error = await expectError(.notConnected) {
        if type == SOCK_STREAM {
          _ = try UnixConnection(adopting: OwnedDescriptor(owning: number))
        } else {
          _ = try SeqPacketConnection(adopting: OwnedDescriptor(owning: number))
        }
      }
      #expect(error?.operation == .adopt)
    }
  }

  @Test func `giving away ends the operations in progress`() async throws {
    let reactor = try Reactor(name: "detached")
    let (packets, packetPeer) = try SeqPacketConnection.pair(on: reactor)
    let (datagrams, datagramPeer) = try UnixDatagramSocket.pair(on: reactor)
    async let message = outcome { try await packets.receive(upTo: 8) }
    async let datagram = outcome { try await datagrams.receive() }
    try await reactor.waitUntilParked(readers: 2)
    let (one, other) = (try packets.detach().release(), try datagrams.detach().release())
    #expect(await message.code == .closed)
    #expect(await datagram.code == .closed)
    // The peers notice nothing.
    try await packetPeer.send([1])
    try await datagramPeer.send([2])
    for number in [one, other] {
      #expect(DescriptorAudit.isReadable(number))
      close(number)
    }
  }
}
