import SocketsTesting
import Testing

@testable import Sockets

/// Takes all that there is.
private func rest(_ buffer: inout ReadBuffer) -> [UInt8]? {
  buffer.isEmpty ? nil : buffer.take(buffer.count)
}

/// Handlers that wait for the next request, while their server may be about to stop.
@Suite(.timeLimit(.minutes(1))) struct DrainingTests {
  @Test func `an idle handler ends at once when the listener drains`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve { connection in
      try await connection.write("ready")
      while try await connection.waitUntilReadableOrDraining() {
        guard let bytes = try await connection.read(upTo: 100) else { return }
        try await connection.write(bytes)
      }
      try await connection.write("bye")
    }
    try await TCPConnection.connect(to: listener.localAddress) { client in
      #expect(try await client.read(exactly: 5) == Array("ready".utf8))
      try await client.write("x")
      #expect(try await client.read(exactly: 1) == Array("x".utf8))
      listener.drain(grace: .seconds(600))
      #expect(try await client.read(exactly: 3) == Array("bye".utf8))
    }
    #expect(try await report.drained == 1)
  }

  @Test func `a read for the next request ends at once when the listener drains`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = listener.serve { connection in
      try await connection.write("ready")
      while let bytes = try await connection.readUntilDraining(decoding: rest) {
        try await connection.write(bytes)
      }
      try await connection.write("bye")
      // It was the listener that ended, and not the stream.
      try await connection.write(try #require(try await connection.read(exactly: 2)))
    }
    try await TCPConnection.connect(to: listener.localAddress) { client in
      #expect(try await client.read(exactly: 5) == Array("ready".utf8))
      try await client.write("x")
      #expect(try await client.read(exactly: 1) == Array("x".utf8))
      listener.drain(grace: .seconds(600))
      #expect(try await client.read(exactly: 3) == Array("bye".utf8))
      try await client.write("yz")
      #expect(try await client.read(exactly: 2) == Array("yz".utf8))
    }
    #expect(try await report.drained == 1)
  }

  @Test func `a request that has begun to arrive is waited for, draining or not`() async throws {
    try await withListener { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let server = try await listener.accept()
      let pair: (inout ReadBuffer) -> [UInt8]? = { $0.count < 2 ? nil : $0.take(2) }
      try await client.write("a")
      #expect(try await server.peek(upTo: 1) == Array("a".utf8))
      async let first = server.readUntilDraining(decoding: { $0.count < 2 ? nil : $0.take(2) })
      try await reactor.waitUntilParked(readers: 1)
      listener.drain(grace: .seconds(600))
      try await reactor.waitUntilParked(readers: 1)
      try await client.write("bcde")
      #expect(try await first == Array("ab".utf8))
      #expect(try await server.readUntilDraining(decoding: pair) == Array("cd".utf8))
      await expectError(.timedOut) {
        try await server.readUntilDraining(deadline: .now + .milliseconds(10), decoding: pair)
      }
      try await client.write("f")
      #expect(try await server.readUntilDraining(decoding: pair) == Array("ef".utf8))
      #expect(try await server.readUntilDraining(decoding: pair) == nil)
      #expect(try await server.readUntilDraining(decoding: pair) == nil)
      try await client.finish()
      #expect(try await server.readUntilDraining(decoding: pair) == nil)
      client.close()
      server.close()
    }
  }

  @Test func `other reads of a connection that drains wait on`() async throws {
    try await withListener { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let server = try await listener.accept()
      try await client.write("a")
      #expect(try await server.readUntilDraining(decoding: { $0.take(1) }) == [0x61])
      async let read = server.read(exactly: 1)
      try await reactor.waitUntilParked(readers: 1)
      listener.drain(grace: .seconds(600))
      try await reactor.waitUntilParked(readers: 1)
      try await client.write("b")
      #expect(try await read == [0x62])
      client.close()
      server.close()
    }
  }

  @Test func `what has arrived counts for more than draining, and nothing is consumed`()
    async throws
  {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let client = try await TCPConnection.connect(to: listener.localAddress)
    let server = try await listener.accept()
    try await client.write("ab")
    listener.drain(grace: .seconds(600))
    #expect(try await server.waitUntilReadableOrDraining())
    #expect(try await server.waitUntilReadableOrDraining())
    #expect(try await server.read(exactly: 2) == Array("ab".utf8))
    #expect(try await !server.waitUntilReadableOrDraining())
    client.close()
    server.close()
    listener.close()
  }

  @Test func `the end, bytes that an earlier read has left, and a reset are readable`() async throws
  {
    try await withPair { pair in
      try await pair.far.write("abc")
      await expectError(.timedOut) {
        try await pair.near.read(exactly: 10, deadline: .now + .milliseconds(10))
      }
      #expect(try await pair.near.waitUntilReadableOrDraining())
      #expect(try await pair.near.read(exactly: 3) == Array("abc".utf8))
      try await pair.far.finish()
      #expect(try await pair.near.waitUntilReadableOrDraining())
      #expect(try await pair.near.read(upTo: 1) == nil)
    }
    try await withPair { pair in
      async let waited = pair.near.waitUntilReadableOrDraining()
      try await pair.reactor.waitUntilParked(readers: 1)
      pair.far.reset()
      #expect(try await waited)
      // The look has taken the error from the kernel; the connection remembers it.
      await expectError(.connectionReset) { try await pair.near.read(upTo: 1) }
      await expectError(.connectionReset) { try await pair.near.read(upTo: 1) }
    }
  }

  @Test func `without a listener it waits for the peer, the deadline or the cancellation`()
    async throws
  {
    try await withPair { pair in
      #expect(!pair.near.isDraining)
      await expectError(.timedOut) {
        try await pair.near.waitUntilReadableOrDraining(deadline: .now + .milliseconds(10))
      }
      await expectError(.timedOut) {
        try await pair.near.readUntilDraining(deadline: .now + .milliseconds(10)) { $0.take(1) }
      }
      let waiting = Task { await outcome { try await pair.near.waitUntilReadableOrDraining() } }
      try await pair.reactor.waitUntilParked(readers: 1)
      await expectError(.concurrentRead) { try await pair.near.waitUntilReadableOrDraining() }
      waiting.cancel()
      #expect(await waiting.value.isCancellation)
    }
  }

  @Test func `a second wait that fails leaves the first one its signal`() async throws {
    try await withListener { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let server = try await listener.accept()
      async let waited = server.waitUntilReadableOrDraining()
      try await reactor.waitUntilParked(readers: 1)
      await expectError(.concurrentRead) { try await server.waitUntilReadableOrDraining() }
      listener.drain(grace: .seconds(600))
      #expect(try await !waited)
      client.close()
      server.close()
    }
  }

  @Test func `a wait that begins as the drain does is not forgotten`() async throws {
    let reactor = try Reactor(name: "race")
    for _ in 0..<200 {
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let server = try await listener.accept()
      async let first: Void = server.waitUntilDraining()
      async let second = server.waitUntilReadableOrDraining()
      async let third = client.readUntilDraining(decoding: rest)
      listener.drain(grace: .seconds(600))
      try await first
      #expect(try await !second)
      #expect(try await server.readUntilDraining(decoding: rest) == nil)
      server.close()
      #expect(try await third == nil)
      for connection in [client, server] { connection.close() }
      listener.close()
    }
  }
}
