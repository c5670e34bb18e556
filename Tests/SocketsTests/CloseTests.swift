import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct CloseTests {
  @Test(arguments: [false, true])
  func `a close ends everything that waits, before it returns`(byReset: Bool) async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let near = pair.near
      let bytes = pattern(1_000_000)
      async let read = outcome { try await near.read(upTo: 8) }
      try await pair.reactor.waitUntilParked(readers: 1)
      async let write = outcome { try await near.write(bytes) }
      try await pair.reactor.waitUntilParked(readers: 1, writers: 1)
      async let queuedWrite = outcome { try await near.write("queued") }
      try await pair.reactor.waitUntilParked(readers: 1, writers: 2)
      async let queuedFinish = outcome { try await near.finish() }
      try await pair.reactor.waitUntilParked(readers: 1, writers: 3)
      if byReset { near.reset() } else { near.close() }
      #expect(pair.reactor.statistics.registrations == 1)
      #expect(await read.code == .closed)
      let written = await write
      #expect(written.code == .closed)
      #expect(written.socketError?.bytesWritten.map { 0 < $0 && $0 < bytes.count } == true)
      #expect(await queuedWrite.code == .closed)
      #expect(await queuedFinish.code == .closed)
      try await pair.reactor.waitUntilParked()
    }
  }

  @Test func `dropping the last handle closes`() async throws {
    try await withListener { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      var server: TCPConnection? = try await listener.accept()
      var copy = server
      server = nil
      #expect(reactor.statistics.registrations == 3)
      try await copy?.write("last")
      copy = nil
      #expect(reactor.statistics.registrations == 2)
      #expect(try await client.readAll() == Array("last".utf8))
    }
  }

  @Test func `dropping the last handle of a listener closes it`() async throws {
    let reactor = try Reactor()
    var listener: TCPListener? = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
    let address = try #require(listener?.localAddress)
    listener = nil
    #expect(reactor.statistics.registrations == 0)
    await expectError(.connectionRefused) {
      try await TCPConnection.connect(to: address, on: reactor)
    }
  }

  @Test func `copies of a handle are the same connection`() async throws {
    try await withPair { pair in
      let copy = pair.near
      #expect(copy == pair.near)
      #expect(pair.near != pair.far)
      #expect(Set([copy, pair.near, pair.far]).count == 2)
      copy.close()
      #expect(pair.near.isClosed)
      await expectError(.closed) { try await pair.near.read(upTo: 1) }
    }
  }

  @Test func `a close leaves no socket behind`() async throws {
    try await withPair { pair in
      let sockets = [pair.near, pair.far].compactMap { DescriptorAudit.object($0.descriptor) }
      #expect(sockets.count == 2)
      let before = try DescriptorAudit.openObjects()
      #expect(before.isSuperset(of: sockets))
      pair.near.close()
      pair.far.reset()
      let after = try DescriptorAudit.openObjects()
      #expect(after.isDisjoint(with: sockets))
    }
  }

  @Test func `the addresses stay known after the close`() async throws {
    try await withPair { pair in
      let (local, remote) = (pair.near.localAddress, pair.near.remoteAddress)
      pair.near.close()
      #expect(pair.near.localAddress == local)
      #expect(pair.near.remoteAddress == remote)
      #expect(pair.far.remoteAddress == local)
    }
  }

  @Test func `a graceful close lets the peer read the whole reply`() async throws {
    try await withPair { pair in
      let reply = pattern(200_000)
      async let received = outcome {
        try await pair.near.write(pattern(40_000))
        let reply = try await pair.near.readAll()
        pair.near.close()
        return reply
      }
      // The request stays unread: a plain close would reset the connection behind the reply.
      try await pair.far.write(reply)
      await pair.far.closeGracefully(deadline: ContinuousClock.now + .seconds(30))
      #expect(pair.far.isClosed)
      let all = await received
      #expect(try all.get() == reply)
    }
  }

  @Test func `a graceful close waits for the peer until its deadline`() async throws {
    try await withPair { pair in
      let deadline = ContinuousClock.now + .milliseconds(5)
      await pair.near.closeGracefully(deadline: deadline)
      #expect(ContinuousClock.now >= deadline)
      #expect(pair.near.isClosed)
      let end = try await pair.far.read(upTo: 1)
      #expect(end == nil)
    }
  }

  @Test func `a graceful close ends when the peer does`() async throws {
    try await withPair { pair in
      pair.far.close()
      await pair.near.closeGracefully(deadline: ContinuousClock.now + .seconds(600))
      #expect(pair.near.isClosed)
    }
  }

  @Test func `a graceful close that is cancelled closes at once`() async throws {
    try await withPair { pair in
      let far = ContinuousClock.now + .seconds(600)
      let close = Task { await pair.near.closeGracefully(deadline: far) }
      try await pair.reactor.waitUntilParked(readers: 1)
      #expect(!pair.near.isClosed)
      close.cancel()
      await close.value
      #expect(pair.near.isClosed)
    }
  }

  @Test func `a graceful close does not drain a peer that never stops`() async throws {
    try await withPair { pair in
      async let flood = outcome {
        while true { try await pair.near.write(pattern(10_000)) }
      }
      await pair.far.closeGracefully(deadline: ContinuousClock.now + .seconds(600))
      #expect(pair.far.isClosed)
      let code = await flood.code
      #expect(code == .connectionReset || code == .brokenPipe)
    }
  }

  @Test func `a duplicate that outlives the close makes no event`() async throws {
    try await withPair { pair in
      let copy = try pair.near.withUnsafeDescriptor { dup($0) }
      defer { _ = Glibc.close(copy) }
      try #require(copy >= 0)
      pair.near.close()
      let before = pair.reactor.statistics
      for _ in 0..<100 { try await pair.far.write([1]) }
      let after = pair.reactor.statistics
      #expect(after.staleEvents == before.staleEvents)
      #expect(after.epollReturns - before.epollReturns < 200)
    }
  }
}
