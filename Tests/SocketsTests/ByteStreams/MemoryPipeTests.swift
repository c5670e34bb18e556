import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct MemoryPipeTests {
  @Test func `a pipe holds as many bytes as it was made for, and then the writer waits`()
    async throws
  {
    let reactor = try Reactor(name: "pipe")
    let (near, far) = try MemoryPipe.pair(capacity: 10, on: reactor)
    try await near.write(pattern(10))
    async let more = outcome { try await near.write(pattern(5)) }
    try await reactor.waitUntilParked(writers: 1)
    #expect(try await far.read(exactly: 1) == [0])
    try await reactor.waitUntilParked(writers: 1)
    #expect(try await far.read(exactly: 14) == Array(pattern(10)[1...]) + pattern(5))
    let written = await more
    #expect(throws: Never.self) { try written.get() }
  }

  @Test func `a write that is cut short says how much the pipe has`() async throws {
    let (near, far) = try MemoryPipe.pair(capacity: 10)
    let error = await expectError(.timedOut) {
      try await near.write(pattern(15), deadline: .now + .milliseconds(5))
    }
    #expect(error?.bytesWritten == 10)
    #expect(error?.localAddress == nil)
    #expect(try await far.read(upTo: 100) == pattern(10))
  }

  @Test func `the other end of one that was closed reads the rest and the end, and can't write`()
    async throws
  {
    let (near, far) = try MemoryPipe.pair()
    try await near.write("rest")
    near.close()
    #expect(try await far.readAll() == Array("rest".utf8))
    #expect(try await far.read(upTo: 1) == nil)
    await expectError(.brokenPipe) { try await far.write("late") }
    #expect(try await far.read(upTo: 1) == nil)
  }

  @Test func `what a close leaves unread is a reset for the other end`() async throws {
    let (near, far) = try MemoryPipe.pair()
    try await near.write("unread")
    try await far.write("reply")
    far.close()
    #expect(try await near.read(upTo: 100) == Array("reply".utf8))
    for _ in 0..<2 { await expectError(.connectionReset) { try await near.read(upTo: 1) } }
    await expectError(.connectionReset) { try await near.write("late") }
  }

  @Test func `a reset comes after the bytes, stays, and ends what waits`() async throws {
    let reactor = try Reactor(name: "pipe")
    let (near, far) = try MemoryPipe.pair(capacity: 10, on: reactor)
    try await near.write("bytes")
    async let write = outcome { try await far.write(pattern(20)) }
    try await reactor.waitUntilParked(writers: 1)
    near.reset()
    let written = await write
    #expect(written.code == .connectionReset)
    #expect(try await far.read(upTo: 100) == Array("bytes".utf8))
    for _ in 0..<2 { await expectError(.connectionReset) { try await far.read(upTo: 1) } }
    await expectError(.connectionReset) { try await far.write("late") }
    await expectError(.closed) { try await near.read(upTo: 1) }
  }

  @Test func `a reset wakes a read that waits`() async throws {
    let reactor = try Reactor(name: "pipe")
    let (near, far) = try MemoryPipe.pair(on: reactor)
    async let read = outcome { try await near.read(upTo: 1) }
    try await reactor.waitUntilParked(readers: 1)
    far.reset()
    let result = await read
    #expect(result.code == .connectionReset)
  }

  @Test func `the last handle that goes closes its end`() async throws {
    let (near, far) = try MemoryPipe.pair()
    func useAndDrop(_ end: consuming MemoryPipe) async throws { try await end.write("farewell") }
    try await useAndDrop(consume far)
    #expect(try await near.readAll() == Array("farewell".utf8))
  }

  @Test func `a pipe leaves nothing behind at its reactor, and opens no descriptor`() async throws {
    let reactor = try Reactor(name: "pipe")
    for _ in 0..<100 {
      let (near, far) = try MemoryPipe.pair(on: reactor)
      try await near.write("x")
      #expect(try await far.read(upTo: 1) == [0x78])
      #expect(reactor.statistics.registrations == 0)
    }
    #expect(reactor.loop.shared.withLock { $0.registrations.count } == 0)
  }

  @Test func `a stopped reactor ends its pipes, and makes no more`() async throws {
    let reactor = try Reactor(name: "pipe")
    let (near, _) = try MemoryPipe.pair(on: reactor)
    await reactor.stop()
    await expectError(.closed) { try await near.read(upTo: 1) }
    #expect(throws: SocketError.self) { try MemoryPipe.pair(on: reactor) }
  }
}
