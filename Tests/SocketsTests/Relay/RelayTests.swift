import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct RelayTests {
  /// More than a pipe and both sockets' buffers hold.
  private let long = pattern(7_000_003)

  @Test func `bytes and ends pass both ways over TCP`() async throws {
    try await withChain { try await passBothWays($0) }
  }

  @Test func `bytes and ends pass both ways over Unix-domain sockets`() async throws {
    try await withUnixChain { try await passBothWays($0) }
  }

  @Test func `bytes and ends pass both ways between transports`() async throws {
    try await withMixedChain { try await passBothWays($0) }
  }

  private func passBothWays<Front, Back>(_ chain: Chain<Front, Back>) async throws {
    async let relayed = outcome { try await chain.relay() }
    async let sent: Void = chain.client.write(long)
    async let received = chain.client.readAll()
    let first = try await chain.server.read(exactly: long.count)
    try await sent
    expectSame(first, long)
    try await chain.client.finish()
    #expect(try await chain.server.read(upTo: 1) == nil)
    // The other direction goes on, in small pieces and in one that is long.
    var reply: [UInt8] = []
    for size in [1, 5, 16_383, 16_384, 16_385, 65_536, 200_000] {
      try await chain.server.write(long[..<size])
      reply += long[..<size]
    }
    try await chain.server.write(long)
    try await chain.server.finish()
    let all = try await received
    expectSame(all, reply + long)
    let result = await relayed
    #expect(throws: Never.self) { try result.get() }
    #expect(chain.traffic.forward == long.count)
    #expect(chain.traffic.backward == all.count)
    #expect(!chain.front.isClosed && !chain.back.isClosed)
  }

  @Test func `both directions are in full use at once`() async throws {
    try await withChain { chain in
      async let relayed = outcome { try await chain.relay() }
      async let there: Void = chain.client.write(long)
      async let back: Void = chain.server.write(long)
      async let atClient = chain.client.read(exactly: long.count)
      async let atServer = chain.server.read(exactly: long.count)
      expectSame(try await atClient, long)
      expectSame(try await atServer, long)
      try await there
      try await back
      try await chain.server.finish()
      #expect(try await chain.client.read(upTo: 1) == nil)
      try await chain.client.finish()
      let result = await relayed
      #expect(throws: Never.self) { try result.get() }
    }
  }

  @Test func `connections of different reactors are relayed`() async throws {
    try await withChain { first in
      try await withUnixChain { second in
        async let relayed = outcome { try await relay(first.front, second.back) }
        async let there: Void = first.client.write(long)
        async let back: Void = second.server.write(long)
        async let atClient = first.client.read(exactly: long.count)
        expectSame(try await second.server.read(exactly: long.count), long)
        expectSame(try await atClient, long)
        try await there
        try await back
        try await first.client.finish()
        try await second.server.finish()
        let result = await relayed
        #expect(try result.get().forward == long.count)
      }
    }
  }

  @Test func `bytes that wait in a connection's buffer go first`() async throws {
    try await withChain { chain in
      try await chain.client.write([1, 2, 3])
      try await chain.server.write([4, 5])
      for connection in [chain.front, chain.back] {
        await expectError(.timedOut) {
          try await connection.read(exactly: 9, deadline: .now + .milliseconds(50))
        }
      }
      try await chain.client.write([6])
      async let relayed = outcome { try await chain.relay() }
      #expect(try await chain.server.read(exactly: 4) == [1, 2, 3, 6])
      #expect(try await chain.client.read(exactly: 2) == [4, 5])
      try await chain.client.finish()
      try await chain.server.finish()
      let result = await relayed
      #expect(throws: Never.self) { try result.get() }
    }
  }

  @Test func `what follows the mark of urgent data passes`() async throws {
    try await withChain { chain in
      async let relayed = outcome { try await chain.relay() }
      // Through the pipe first, so that the mark finds the relay there.
      try await chain.client.write(pattern(100_000))
      expectSame(try await chain.server.read(exactly: 100_000), pattern(100_000))
      try await chain.client.sendUrgent(7)
      try await chain.client.write(pattern(50_000))
      expectSame(try await chain.server.read(exactly: 50_000), pattern(50_000))
      try await chain.client.sendUrgent(7)
      try await chain.client.finish()
      #expect(try await chain.server.read(upTo: 1) == nil)
      try await chain.server.finish()
      let result = await relayed
      #expect(throws: Never.self) { try result.get() }
    }
  }

  @Test func `a relay that waits holds no pipe, and several share a few`() async throws {
    let ledger = DescriptorLedger()
    try await withChain(kernel: ledger.kernel()) { chain in
      async let relayed = outcome { try await chain.relay() }
      try await chain.waitUntilIdle()
      let atFirst = ledger.open.count
      for _ in 0..<5 {
        async let reply: Void = chain.server.write(long)
        try await chain.client.write(pattern(100))
        #expect(try await chain.server.read(exactly: 100) == pattern(100))
        expectSame(try await chain.client.read(exactly: long.count), long)
        try await reply
      }
      try await chain.waitUntilIdle()
      #expect(ledger.open.count == atFirst + 2)  // one pipe, kept
      #expect(ledger.faults == [])
      try await chain.client.finish()
      try await chain.server.finish()
      _ = await relayed
    }
    try await waitUntil { ledger.open.isEmpty }
  }
}
