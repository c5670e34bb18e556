import Sockets
import SocketsTesting
import Testing

/// Upgrades a live connection to a stream on top of it.
@Suite(.timeLimit(.minutes(1))) struct CipherStreamTests {
  @Test func `a connection is upgraded in mid-stream without losing a byte that was buffered`()
    async throws
  {
    try await withPair { pair in
      // The client speaks in plain text, and then goes on enciphered before the server has read anything:
      // so the records lie in the buffer of the server's connection when that reads the line.
      async let client = outcome {
        let scratch = try MemoryPipe.pair(on: pair.reactor)
        let cipher = try CipherStream(scratch.0, key: 77, on: pair.reactor)
        try await cipher.write("secret line\nand more")
        let records = try await scratch.1.read(upTo: 1000) ?? []
        try await pair.near.write(Array("HELLO\nSTARTTLS\n".utf8) + records)

        let upgraded = try CipherStream(pair.near, key: 77, on: pair.reactor)
        let answer = try await upgraded.read(until: 0x0A)
        try await pair.near.finish()
        return answer.map { String(decoding: $0, as: UTF8.self) }
      }
      var lines = pair.far.lines().makeAsyncIterator()
      #expect(try await lines.next() == "HELLO")
      #expect(try await lines.next() == "STARTTLS")
      let upgraded = try CipherStream(pair.far, key: 77, on: pair.reactor)
      let line = try await upgraded.read(until: 0x0A)
      #expect(line == Array("secret line".utf8))
      #expect(try await upgraded.read(exactly: 8) == Array("and more".utf8))
      try await upgraded.write("secret answer\n")
      #expect(try await upgraded.read(upTo: 1) == nil)
      let answer = try await client.get()
      #expect(answer == "secret answer")
      upgraded.close()
      #expect(pair.far.isClosed)
    }
  }

  @Test func `a record that is cut is no clean end`() async throws {
    let (near, far) = try MemoryPipe.pair()
    let upgraded = try CipherStream(far, key: 1)
    try await near.write([0, 5, 1, 2])
    try await near.finish()
    await expectError(.unexpectedEndOfStream) { try await upgraded.read(upTo: 10) }
    await expectError(.unexpectedEndOfStream) { try await upgraded.read(upTo: 10) }
  }

  @Test func `a record that is too long ends reading, and writing goes on`() async throws {
    let (near, far) = try MemoryPipe.pair()
    let upgraded = try CipherStream(far, key: 1)
    try await near.write([0xFF, 0xFF, 1, 2])
    await expectError(.limitExceeded) { try await upgraded.read(upTo: 10) }
    try await upgraded.write("still")
    #expect(try await near.read(exactly: 7)?.count == 7)
  }

  @Test func `a layer keeps the reactor that keeps its deadlines`() async throws {
    let layer = try StreamLayer(reading: 0, writing: 0, on: Reactor(name: "layer"))
    let (began, begins) = AsyncStream<Void>.makeStream()
    let (ended, ends) = AsyncStream<Void>.makeStream()
    let first = Task {
      try await layer.write(deadline: nil) { _ in
        begins.yield()
        for await _ in ended {}
      }
    }
    for await _ in began { break }
    await expectError(.timedOut) {
      try await layer.write(deadline: .now + .milliseconds(20)) { _ in }
    }
    ends.finish()
    try await first.value
  }

  @Test func `streams are layered on each other`() async throws {
    let reactor = try Reactor(name: "layers")
    let (near, far) = try MemoryPipe.pair(capacity: 100, on: reactor)
    let client = try CipherStream(CipherStream(near, key: 3, on: reactor), key: 5, on: reactor)
    let server = try CipherStream(CipherStream(far, key: 3, on: reactor), key: 5, on: reactor)
    async let written = outcome {
      try await client.write(pattern(50_000))
      try await client.finish()
    }
    #expect(try await server.readAll() == pattern(50_000))
    let end = await written
    #expect(throws: Never.self) { try end.get() }
  }
}
