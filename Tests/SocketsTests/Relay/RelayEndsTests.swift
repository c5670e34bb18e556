import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// How a relay ends before both streams do.
@Suite(.timeLimit(.minutes(1))) struct RelayEndsTests {
  @Test func `a reset follows the bytes that came before it`() async throws {
    try await withChain { chain in
      async let relayed = outcome { try await chain.relay() }
      try await chain.waitUntilIdle()
      try await chain.client.write(pattern(100))
      try await waitUntil { chain.client.stream.hasDelivered }
      chain.client.reset()
      #expect(try await chain.server.read(exactly: 100) == pattern(100))
      await expectError(.connectionReset) { try await chain.server.read(upTo: 1) }
      let result = await relayed
      #expect(result.code == .connectionReset)
      #expect(result.socketError?.operation == .read)
      #expect(result.socketError?.bytesWritten == nil)
      #expect(result.socketError?.remoteAddress as? SocketAddress == chain.front.remoteAddress)
      #expect(chain.traffic.forward == 100)
    }
  }

  @Test func `a reset passes in the other direction as well`() async throws {
    try await withChain { chain in
      async let relayed = outcome { try await chain.relay() }
      try await chain.waitUntilIdle()
      chain.server.reset()
      await expectError(.connectionReset) { try await chain.client.read(upTo: 1) }
      let result = await relayed
      #expect(result.code == .connectionReset)
      #expect(result.socketError?.remoteAddress as? SocketAddress == chain.back.remoteAddress)
    }
  }

  @Test func `a Unix-domain peer that leaves bytes unread resets a TCP connection`() async throws {
    try await withMixedChain { chain in
      async let relayed = outcome { try await chain.relay() }
      try await chain.server.write([1, 2, 3])
      try await waitUntil { DescriptorAudit.isReadable(chain.client.descriptor) }
      try await chain.client.write([7])
      chain.client.close()
      #expect(try await chain.server.read(upTo: 8) == [7])
      await expectError(.connectionReset) { try await chain.server.read(upTo: 1) }
      let result = await relayed
      #expect(result.code == .connectionReset)
    }
  }

  @Test func `a Unix-domain client that closes behind its last byte loses none`() async throws {
    try await withMixedChain { chain in
      async let relayed = outcome { try await chain.relay() }
      let bytes = pattern(3_000_000)
      async let received = chain.server.readAll()
      try await chain.client.write(bytes)
      chain.client.close()
      expectSame(try await received, bytes)
      try await chain.server.finish()
      let result = await relayed
      #expect(throws: Never.self) { try result.get() }
    }
  }

  @Test func `the last words of a server that reads no more are passed on`() async throws {
    try await withChain { chain in
      async let relayed = outcome { try await chain.relay() }
      let answer = pattern(300_000)
      // A long request, of which the server reads little before it answers and closes: a reset.
      async let request = outcome { try await chain.client.write(pattern(30_000_000)) }
      #expect(try await chain.server.read(exactly: 10) == pattern(10))
      try await chain.server.write(answer)
      try await waitUntil { chain.server.stream.hasDelivered }
      chain.server.close()
      var received: [UInt8] = []
      await expectError(.connectionReset) { try await chain.client.readAll(into: &received) }
      expectSame(received, answer)
      let result = await relayed
      chain.front.close()
      _ = await request
      #expect(result.code == .connectionReset || result.code == .brokenPipe)
    }
  }

  @Test func `a peer that is gone raises no signal`() async throws {
    try await withUnixChain { chain in
      async let relayed = outcome { try await chain.relay() }
      chain.server.close()
      let end = try await chain.client.read(upTo: 1)
      #expect(end == nil)
      async let written = outcome { try await chain.client.writeForEver() }
      let result = await relayed
      chain.front.close()
      let code = await written.code
      #expect(code == .connectionReset || code == .brokenPipe)
      #expect(result.code == .brokenPipe)
      #expect(result.socketError?.errno == EPIPE)
    }
  }

  @Test func `splice raises no signal on any thread`() async throws {
    try await withUnixPair { pair in
      pair.far.close()
      try pair.near.stream.registration.use { (socket) throws(Errno) in
        let pipe = try Pipe.make(kernel: .linux)
        try withFilled(pipe) { #expect(pipe.drain(into: socket, $0) == -Int(EPIPE)) }
      }
      var pending = sigset_t()
      _ = unsafe sigpending(&pending)
      #expect(unsafe sigismember(&pending, SIGPIPE) == 0)
    }
  }

  /// Puts bytes into a pipe by way of a socket.
  private func withFilled(_ pipe: Pipe, _ body: (Int) -> Void) throws(Errno) {
    var second: FileDescriptor?
    let first = try Socket.makePair(.stream, kernel: .linux, &second)
    guard let second = second.take() else { return }
    #expect(first.socket.send(pattern(100).span, after: 0) == 100)
    body(pipe.fill(from: second.socket))
  }

  @Test func `closing one of the connections ends the relay, and leaves the other open`()
    async throws
  {
    try await withChain { chain in
      async let relayed = outcome { try await chain.relay() }
      try await chain.waitUntilIdle()
      chain.front.close()
      let result = await relayed
      #expect(result.code == .closed)
      #expect(try await chain.client.read(upTo: 1) == nil)
      try await chain.server.write([7])
      #expect(try await chain.back.read(upTo: 1) == [7])
    }
  }

  @Test func `a second reader is told so, and both connections go on`() async throws {
    try await withChain { chain in
      async let read = outcome { try await chain.front.read(upTo: 8) }
      try await chain.reactor.waitUntilParked(readers: 1)
      await expectError(.concurrentRead) { try await chain.relay() }
      try await chain.client.write([7])
      #expect(try await read.get() == [7])
      try await chain.back.write([8])
      #expect(try await chain.server.read(upTo: 8) == [8])
    }
  }
}
