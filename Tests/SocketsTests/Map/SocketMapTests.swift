import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on making and naming sockets.
@Suite(.timeLimit(.minutes(1))) struct SocketMapTests {
  @Test func `a listener`() async throws {
    // map: socket
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    // end
    defer { listener.close() }
    #expect(try listener.get(.isListening))
    // map: getsockname
    let address = listener.localAddress
    // end
    #expect(address.port != 0)
  }

  @Test func `the peer's address`() async throws {
    try await withPair { pair in
      let connection = pair.near
      // map: getpeername
      let address = connection.remoteAddress
      // end
      #expect(address == pair.far.localAddress)
    }
  }

  @Test func `a datagram socket`() async throws {
    // map: socket with SOCK_DGRAM
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    // end
    #expect(socket.localAddress.port != 0)
    socket.close()
  }

  @Test func `Unix-domain sockets`() async throws {
    try await withDirectory { directory in
      let path = directory + "/socket"
      // map: socket with AF_UNIX
      let listener = try await UnixListener.bind(to: .path(path), existing: .replaceStale)
      // end
      #expect(listener.localAddress.path == path)
      // map: connect with AF_UNIX
      let connection = try await UnixConnection.connect(to: .path(path))
      // end
      #expect(connection.remoteAddress == listener.localAddress)
      // map: getsockopt with SO_PEERCRED
      let peer = try connection.peerCredentials
      // end
      #expect(peer.processID == getpid() && peer.userID == geteuid())
      connection.close()
      listener.close()
    }
  }

  @Test func `Unix-domain datagrams`() async throws {
    try await withDirectory { directory in
      let (path, bytes) = (directory + "/socket", pattern(9))
      // map: socket with AF_UNIX and SOCK_DGRAM
      let socket = try await UnixDatagramSocket.bind(to: .path(path))
      // end
      // map: SCM_CREDENTIALS
      try socket.set(.receivesCredentials, to: true)
      // end
      let peer = try await UnixDatagramSocket.bind(to: .unnamed)
      try await peer.send(bytes, to: socket.localAddress)
      let datagram = try await socket.receive()
      #expect(datagram.payload == bytes && datagram.sender == peer.localAddress)
      #expect(datagram.credentials?.processID == getpid())
      for socket in [socket, peer] { socket.close() }
    }
  }

  @Test func `messages on a connection`() async throws {
    let name = "sockets-map-\(getpid())"
    // map: socket with SOCK_SEQPACKET
    let listener = try await SeqPacketListener.bind(to: .abstract(name))
    // end
    let peer = try await SeqPacketConnection.connect(to: listener.localAddress)
    let connection = try await listener.accept()
    let bytes: [UInt8] = [1, 2, 3]
    // map: send with SOCK_SEQPACKET
    try await connection.send(bytes)
    // end
    #expect(try await peer.receive(upTo: 4096)?.payload == bytes)
    try await peer.send(bytes)
    // map: recv with SOCK_SEQPACKET
    let message = try await connection.receive(upTo: 4096)
    // end
    #expect(message?.payload == bytes)
    for end in [peer, connection] { end.close() }
    listener.close()
  }

  @Test func `a pair`() async throws {
    // map: socketpair
    let (left, right) = try UnixConnection.pair()
    // end
    try await left.write("x")
    #expect(try await right.read(upTo: 9) == Array("x".utf8))
    left.close()
    right.close()
  }

  @Test func `every address of a host name`() async throws {
    // map: getaddrinfo with AI_PASSIVE
    let listeners = try await TCPListener.bind(to: "localhost", port: 0)
    // end
    #expect(Set(listeners.map(\.localAddress.port)).count == 1)
    for listener in listeners { listener.close() }
  }

  @Test func `descriptors that others have opened`() async throws {
    let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #expect(listen(number, 5) == 0)
    var inherited = DescriptorBatch()
    inherited.append(OwnedDescriptor(owning: number))
    if let descriptor = inherited.popFirst() {
      // map: sd_listen_fds
      let listener = try TCPListener(adopting: descriptor)
      // end
      #expect(try listener.get(.isListening))
      // map: dup
      let duplicate = try OwnedDescriptor(duplicating: listener)
      // end
      listener.close()
      let second = try TCPListener(adopting: duplicate)
      #expect(second.localAddress == listener.localAddress)
      second.close()
    }
  }

  @Test func `the service manager is told`() async throws {
    // map: sd_notify
    let isTold = try await ServiceNotification.send(.ready, .status("listening"))
    // end
    #expect(isTold == (ProcessEnvironment.value("NOTIFY_SOCKET") != nil))
  }

  @Test func `options before the socket has its name`() async throws {
    let address = SocketAddress.loopback(port: 0)
    // map: Options before bind and connect
    let listener = try await TCPListener.bind(to: address) { socket, _ in
      try socket.set(.receiveBufferSize, to: 1 << 20)
    }
    // end
    #expect(try listener.get(.receiveBufferSize) > 1 << 17)
    listener.close()
  }
}
