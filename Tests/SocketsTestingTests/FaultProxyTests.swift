import Sockets
import SocketsTesting
import Testing

/// What a ``FaultProxy`` does to a client and a server, which both run here.
@Suite(.timeLimit(.minutes(1))) struct FaultProxyTests {
  /// An address that nothing else here uses: a port of it that was given back is nobody's.
  private static let elsewhere = SocketAddress(IPv4Address(127, 8, 7, 6), port: 0)

  /// Lends a proxy, and a client and a server that are connected by way of it.
  private func withLink(
    _ faults: (FaultProxy) -> Void = { _ in },
    _ body: nonisolated(nonsending) (FaultProxy, TCPConnection, TCPConnection) async throws -> Void
  ) async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }
    try await FaultProxy.run(to: listener.localAddress, listeningAt: Self.elsewhere) { proxy in
      faults(proxy)
      let client = try await TCPConnection.connect(to: proxy.address)
      let server = try await listener.accept()
      defer {
        client.close()
        server.close()
      }
      try await body(proxy, client, server)
    }
  }

  @Test func `without faults, bytes and ends pass, each way by itself`() async throws {
    try await withLink { _, client, server in
      let bytes = pattern(1_000_000)
      async let written: Void = client.write(bytes)
      #expect(try await server.read(exactly: bytes.count) == bytes)
      try await written
      try await client.finish()
      #expect(try await server.read(upTo: 1) == nil)
      try await server.write("reply")
      try await server.finish()
      #expect(try await client.readAll() == Array("reply".utf8))
    }
  }

  @Test func `a reset passes, behind the bytes`() async throws {
    try await withLink { _, client, server in
      try await server.write("last words")
      #expect(try await client.read(exactly: 5) == Array("last ".utf8))
      server.reset()
      var rest: [UInt8] = []
      let end = await outcome { try await client.readAll(into: &rest) }
      #expect(end.code == .connectionReset)
      #expect(rest == Array("words".utf8))
    }
  }

  @Test func `a client's reset reaches a server that only waits`() async throws {
    try await withLink { _, client, server in
      async let read = outcome { try await server.read(upTo: 8) }
      client.reset()
      let ended = await read
      #expect(ended.code == .connectionReset)
    }
  }

  @Test func `pieces of one byte are segments of one byte if they need not wait`() async throws {
    try await withLink {
      $0.toServer.pieceSize = 1
    } _: { _, client, server in
      let bytes = pattern(300)
      try await client.write(bytes)
      #expect(try await server.read(exactly: bytes.count) == bytes)
      // As many as may be under way at first; the kernel joins those that have to wait.
      #expect(try server.get(.tcpInfo).segmentsReceived >= 10)
    }
  }

  @Test func `delayed bytes are late, in order, and do not wait for each other`() async throws {
    let delay = Duration.milliseconds(100)
    try await withLink {
      $0.toServer.delay = delay
    } _: { _, client, server in
      let start = ContinuousClock.now
      for number in UInt8(0)..<20 { try await client.write([number]) }
      try await client.finish()
      #expect(try await server.readAll() == Array(0..<20))
      #expect(start.duration(to: .now) >= delay)
      // The other direction is not delayed: it has no lower bound to show, but it works.
      try await server.write([7])
      #expect(try await client.read(upTo: 8) == [7])
    }
  }

  @Test func `a rate is kept`() async throws {
    try await withLink {
      $0.toClient.bytesPerSecond = 50_000
    } _: { _, client, server in
      let start = ContinuousClock.now
      let bytes = pattern(6_000)
      try await server.write(bytes)
      #expect(try await client.read(exactly: bytes.count) == bytes)
      // The first piece need not wait, and a piece is what passes in 20 ms.
      #expect(start.duration(to: .now) >= .milliseconds(100))
    }
  }

  @Test(arguments: [0, 1, 40])
  func `after so many bytes both sides are reset, and those arrive`(count: Int) async throws {
    try await withLink { proxy, client, server in
      proxy.toClient.resetAfter = count
      _ = await outcome { try await server.write(pattern(100)) }
      var received: [UInt8] = []
      let end = await outcome { try await client.readAll(into: &received) }
      #expect(end.code == .connectionReset)
      #expect(received == pattern(count))
      #expect(await outcome { try await server.readAll() }.code == .connectionReset)
    }
  }

  @Test func `after so many bytes the stream ends, and the rest is swallowed`() async throws {
    try await withLink {
      $0.toClient.endAfter = 40
    } _: { _, client, server in
      try await server.write(pattern(100))
      #expect(try await client.readAll() == pattern(40))
      try await server.write(pattern(1_000))
      // The other direction goes on.
      try await client.write("still here")
      #expect(try await server.read(exactly: 10) == Array("still here".utf8))
    }
  }

  @Test func `in silence nothing arrives, not even an end or a reset`() async throws {
    try await withLink { proxy, client, server in
      try await server.write([1])
      #expect(try await client.read(upTo: 8) == [1])
      proxy.toClient.isSilent = true
      try await server.write([2])
      server.reset()
      let error = await outcome {
        try await client.read(upTo: 8, deadline: .now + .milliseconds(50))
      }
      #expect(error.code == .timedOut)
      #expect(proxy.connectionCount == 1)
    }
  }

  @Test func `one bit of one byte is changed`() async throws {
    try await withLink {
      $0.toServer.corruptedByte = 70
      $0.toServer.pieceSize = 32
    } _: { _, client, server in
      try await client.write(pattern(100))
      var expected = pattern(100)
      expected[70] ^= 1
      #expect(try await server.read(exactly: 100) == expected)
    }
  }

  @Test func `whoever is refused is refused, until connections are accepted again`() async throws {
    try await withLink { proxy, client, server in
      proxy.refuseConnections()
      let refused = await outcome { try await TCPConnection.connect(to: proxy.address) }
      #expect(refused.code == .connectionRefused)
      // Who was there before stays.
      try await client.write([1])
      #expect(try await server.read(upTo: 8) == [1])
      try await proxy.acceptConnections()
      let again = try await TCPConnection.connect(to: proxy.address)
      again.close()
    }
  }

  @Test func `all connections can be reset at once`() async throws {
    try await withLink { proxy, client, server in
      try await client.write([1])
      #expect(try await server.read(upTo: 8) == [1])
      proxy.resetConnections()
      #expect(await outcome { try await client.read(upTo: 8) }.code == .connectionReset)
      #expect(await outcome { try await server.read(upTo: 8) }.code == .connectionReset)
    }
  }

  @Test func `when there is no server, clients are reset`() async throws {
    let listener = try await TCPListener.bind(to: Self.elsewhere)
    listener.close()
    try await FaultProxy.run(to: listener.localAddress) { proxy in
      let end = await outcome {
        let client = try await TCPConnection.connect(to: proxy.address)
        return try await client.read(upTo: 8)
      }
      #expect(end.code == .connectionReset)
    }
  }

  @Test func `the end of the scope ends everything`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }
    let (client, server, address) = try await FaultProxy.run(
      to: listener.localAddress,
      listeningAt: Self.elsewhere
    ) { proxy in
      let client = try await TCPConnection.connect(to: proxy.address)
      let server = try await listener.accept()
      try await client.write([1])
      #expect(try await server.read(upTo: 8) == [1])
      return (client, server, proxy.address)
    }
    #expect(try await client.readAll() == [])
    #expect(try await server.readAll() == [])
    let refused = await outcome { try await TCPConnection.connect(to: address) }
    #expect(refused.code == .connectionRefused)
  }

  @Test func `a client is reset that the server has not been connected to for`() async throws {
    // A queue that is full lets nobody in.
    let listener = try await TCPListener.bind(to: .loopback(port: 0), backlog: 0)
    let queued = try await TCPConnection.connect(to: listener.localAddress)
    try await FaultProxy.run(to: listener.localAddress, listeningAt: Self.elsewhere) { proxy in
      let client = try await TCPConnection.connect(to: proxy.address)
      try await waitUntil { proxy.connectionCount == 1 }
      proxy.resetConnections()
      let error = await #expect(throws: SocketError.self) { try await client.read(upTo: 1) }
      #expect(error?.code == .connectionReset)
    }
    queued.close()
    listener.close()
  }
}
