import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The article's programs.
@Suite(.timeLimit(.minutes(1))) struct ProgramMapTests {
  /// An address of the loopback network that is this process's own, so that its port is free.
  private func address(port: UInt16) -> SocketAddress {
    let process = UInt32(getpid())
    return SocketAddress(IPv4Address(rawValue: 127 << 24 | 77 << 16 | process & 0xFFFF), port: port)
  }

  /// Tries until the server is there: before that it is refused.
  private func repeated<Value>(
    _ attempt: nonisolated(nonsending) () async throws -> Value
  ) async throws -> Value {
    while true {
      do {
        return try await attempt()
      } catch let error as SocketError where error.code == .connectionRefused {
        await Task.yield()
      }
    }
  }

  @Test func `a server`() async throws {
    let address = address(port: 7007)
    await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // map: A server
        let listener = try await TCPListener.bind(to: address)  // socket, bind, listen
        try await listener.serve { connection in  // accept, a thread for each client
          for try await chunk in connection.chunks {  // recv
            try await connection.write(chunk)  // send
          }
        }  // close
        // end
      }
      await #expect(throws: Never.self) {
        let client = try await repeated { try await TCPConnection.connect(to: address) }
        try await client.write("hello")
        try await client.finish()
        #expect(try await client.readAll() == Array("hello".utf8))
      }
      group.cancelAll()
    }
  }

  @Test func `a client`() async throws {
    let listeners = try await TCPListener.bind(to: "localhost", port: 0)
    let port = listeners[0].localAddress.port
    try await withThrowingDiscardingTaskGroup { group in
      for listener in listeners {
        group.addTask {
          try await listener.serve { connection in
            for try await chunk in connection.chunks { try await connection.write(chunk) }
          }
        }
      }
      var answer: [UInt8] = []
      // map: A client
      let connection = try await TCPConnection.connect(to: "localhost", port: port)  // getaddrinfo
      try await connection.write("hello")  // send
      try await connection.finish()  // shutdown
      while let bytes = try await connection.read(upTo: 4096) {  // recv, until it gives 0
        answer += bytes
      }
      connection.close()  // close
      // end
      #expect(answer == Array("hello".utf8))
      for listener in listeners { listener.close() }
    }
  }

  @Test func `a datagram server`() async throws {
    let address = address(port: 7008)
    await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // map: A server of datagrams
        let socket = try await UDPSocket.bind(to: address)  // socket, bind
        for try await datagram in socket.datagrams {  // recvfrom
          try await socket.send(datagram.payload, to: datagram.sender)  // sendto
        }
        // end
      }
      await #expect(throws: Never.self) {
        let client = try await UDPSocket.connect(to: address)
        let answer = try await repeated {
          try await client.send(Array("hello".utf8))
          return try await client.receive().payload
        }
        #expect(answer == Array("hello".utf8))
      }
      group.cancelAll()
    }
  }

  @Test func `a task for each thing to wait for`() async throws {
    try await withListener { listener, _ in
      try await withPair { pair in
        let (connection, clients, bytes) = (pair.near, Counter(), Counter())
        let accepted = { @Sendable (_: TCPConnection) in _ = clients.increment() }
        let received = { @Sendable (chunk: [UInt8]) in for _ in chunk { bytes.increment() } }
        let client = try await TCPConnection.connect(to: listener.localAddress)
        try await pair.far.write("hello")
        try await pair.far.finish()
        try await withThrowingTaskGroup(of: Void.self) { group in
          // map: Instead of messages and events
          group.addTask {
            for try await client in listener.connections { accepted(client) }  // FD_ACCEPT
          }
          group.addTask {
            for try await chunk in connection.chunks { received(chunk) }  // FD_READ
            connection.close()  // FD_CLOSE
          }
          // end
          try await waitUntil { clients.value == 1 && connection.isClosed }
          group.cancelAll()
        }
        #expect(bytes.value == 5)
        client.close()
      }
    }
  }
}
