import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// What cancellation, a deadline and the idle limit leave behind.
@Suite(.timeLimit(.minutes(1))) struct RelayStopTests {
  @Test func `a cancelled relay leaves both connections open`() async throws {
    try await withChain { chain in
      let task = Task { await outcome { try await chain.relay() } }
      try await chain.client.write([1, 2, 3])
      #expect(try await chain.server.read(exactly: 3) == [1, 2, 3])
      try await chain.waitUntilIdle()
      task.cancel()
      #expect(await task.value.isCancellation)
      #expect(chain.traffic.forward == 3)
      try await chain.client.write([4])
      #expect(try await chain.front.read(upTo: 8) == [4])
      try await chain.back.write([5])
      #expect(try await chain.server.read(upTo: 8) == [5])
    }
  }

  @Test func `a relay of a cancelled task moves nothing`() async throws {
    try await withChain { chain in
      try await chain.client.write([1, 2, 3])
      try await chain.reactor.waitUntilReadable(chain.front.descriptor)
      let result = await outcomeWhenCancelledBefore { try await chain.relay() }
      #expect(result?.isCancellation == true)
      #expect(chain.traffic.forward == 0)
      #expect(try await chain.front.read(upTo: 8) == [1, 2, 3])
    }
  }

  @Test
  func `bytes on their way when it is cancelled are read from the connection that they came from`()
    async throws
  {
    let bytes = pattern(30_000_000)
    try await withChain { chain in
      let task = Task { await outcome { try await chain.relay() } }
      let write = Task { await outcome { try await chain.client.write(bytes) } }
      // The server reads nothing: the relay's pipe is full.
      try await chain.reactor.waitUntilParked(readers: 1, writers: 1)
      task.cancel()
      #expect(await task.value.isCancellation)
      let passed = chain.traffic.forward
      #expect(passed > 0 && passed < bytes.count)
      try await chain.back.finish()
      expectSame(try await chain.server.readAll(), Array(bytes[..<passed]))
      let rest = try await chain.front.read(exactly: bytes.count - passed)
      expectSame(rest, Array(bytes[passed...]))
      let written = await write.value
      #expect(throws: Never.self) { try written.get() }
    }
  }

  @Test func `relays that are cancelled at any moment lose no byte`() async throws {
    let bytes = pattern(6_000_000)
    try await withMixedChain { chain in
      async let there = outcome {
        try await chain.client.write(bytes)
        try await chain.client.finish()
      }
      async let back = outcome {
        for start in stride(from: 0, to: bytes.count, by: 30_000) {
          try await chain.server.write(bytes[start..<min(start + 30_000, bytes.count)])
        }
        try await chain.server.finish()
      }
      async let atServer = outcome { try await chain.server.readAll() }
      async let atClient = outcome { try await chain.client.readAll() }
      var rounds = 0
      while true {
        rounds += 1
        let task = Task { await outcome { try await chain.relay() } }
        for _ in 0..<(rounds % 16) { await Task.yield() }
        if rounds < 2000 { task.cancel() }
        let result = await task.value
        if result.isCancellation { continue }
        #expect(throws: Never.self) { try result.get() }
        break
      }
      let (first, second) = await (atServer, atClient)
      let (received, receivedBack) = (try first.get(), try second.get())
      expectSame(received, bytes)
      expectSame(receivedBack, bytes)
      _ = await (there, back)
      #expect(chain.traffic.forward == bytes.count)
      #expect(chain.traffic.backward == bytes.count)
    }
  }

  @Test func `a relay in which nothing moves ends at its idle limit`() async throws {
    try await withChain { chain in
      try await chain.client.write([1])
      let start = ContinuousClock.now
      let error = await expectError(.timedOut) {
        try await chain.relay(idleLimit: .milliseconds(80))
      }
      #expect(ContinuousClock.now - start >= .milliseconds(80))
      #expect(error?.operation == .relay)
      #expect(chain.traffic.forward == 1)
      #expect(!chain.front.isClosed && !chain.back.isClosed)
    }
  }

  @Test func `a deadline stops a relay that is at work`() async throws {
    try await withChain { chain in
      let writer = Task { await outcome { try await chain.client.writeForEver() } }
      let reader = Task { await outcome { _ = try await chain.server.readAll() } }
      await expectError(.timedOut) { try await chain.relay(deadline: .now + .milliseconds(50)) }
      #expect(!chain.front.isClosed && !chain.back.isClosed)
      chain.front.close()
      chain.back.close()
      _ = await (writer.value, reader.value)
    }
  }

  @Test func `a connection's own idle limit counts as well`() async throws {
    try await withChain { chain in
      chain.front.stream.registration.limits.set(
        idle: .milliseconds(30),
        firstRead: nil,
        lifetime: nil
      )
      await expectError(.timedOut) { try await chain.relay(idleLimit: .seconds(600)) }
      #expect(!chain.front.isClosed && !chain.back.isClosed)
    }
  }
}
