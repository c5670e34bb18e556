import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on connecting and accepting.
@Suite(.timeLimit(.minutes(1))) struct ConnectMapTests {
  @Test func `a client and its server`() async throws {
    try await withListener { listener, _ in
      let address = listener.localAddress
      var ends: [TCPConnection] = []
      do {
        // map: connect
        let connection = try await TCPConnection.connect(to: address)
        // end
        ends.append(connection)
      }
      // map: accept
      let connection = try await listener.accept()
      // end
      #expect(connection.remoteAddress == ends[0].localAddress)
      ends[0].close()
      connection.close()
    }
  }

  @Test func `a time limit`() async throws {
    try await withListener { listener, _ in
      let address = listener.localAddress
      // map: select after connect
      let connection = try await TCPConnection.connect(to: address, deadline: .now + .seconds(5))
      // end
      #expect(connection.remoteAddress == address)
      connection.close()
    }
  }

  @Test func `an address to connect from`() async throws {
    try await withListener { listener, _ in
      let (address, local) = (listener.localAddress, SocketAddress("127.0.0.2:0"))
      // map: bind before connect
      let connection = try await TCPConnection.connect(to: address, from: local)
      // end
      #expect(connection.localAddress.ip == local?.ip)
      connection.close()
    }
  }

  @Test func `a datagram socket with one peer`() async throws {
    let peer = try await UDPSocket.bind(to: .loopback(port: 0))
    let address = peer.localAddress
    // map: connect with SOCK_DGRAM
    let socket = try await UDPSocket.connect(to: address)
    // end
    #expect(socket.remoteAddress == address)
    socket.close()
    peer.close()
  }

  @Test func `clients of several listeners`() async throws {
    let listeners = try await TCPListener.bind(to: "localhost", port: 0)
    let echo = { @Sendable (connection: TCPConnection) async throws in
      for try await chunk in connection.chunks { try await connection.write(chunk) }
    }
    async let report = {
      // map: select before accept
      try await listeners.serve { try await echo($0) }
      // end
    }()
    for listener in listeners {
      let client = try await TCPConnection.connect(to: listener.localAddress)
      try await client.write("hello")
      #expect(try await client.read(exactly: 5) == Array("hello".utf8))
      client.close()
    }
    for listener in listeners { listener.drain(grace: .seconds(10)) }
    #expect(try await report.accepted == listeners.count)
  }

  @Test func `a task for each client`() async throws {
    try await withListener { listener, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        let echo = { @Sendable (connection: TCPConnection) async throws in
          for try await chunk in connection.chunks { try await connection.write(chunk) }
        }
        group.addTask {
          // map: accept with fork
          try await listener.serve(maxConnections: 1_000) { try await echo($0) }
          // end
        }
        let client = try await TCPConnection.connect(to: listener.localAddress)
        try await client.write("hello")
        try await client.finish()
        #expect(try await client.readAll() == Array("hello".utf8))
        // map: close of a listening socket
        listener.drain(grace: .seconds(10))
        // end
        try await group.waitForAll()
        #expect(listener.isClosed)
      }
    }
  }
}
