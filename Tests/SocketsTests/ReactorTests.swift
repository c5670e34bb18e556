import FoundationEssentials
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ReactorTests {
  @Test func `the statistics say what is registered and who waits`() async throws {
    let reactor = try Reactor()
    #expect(reactor.statistics.registrations == 0)
    let (near, far) = try await TCPConnection.pair(on: reactor)
    #expect(reactor.statistics.registrations == 2)
    async let read = outcome { try await near.read(upTo: 1) }
    try await reactor.waitUntilParked(readers: 1)
    #expect(reactor.statistics.parkedWriters == 0)
    #expect(reactor.statistics.timers == 0)
    let before = reactor.statistics.epollReturns
    try await far.write("a")
    let result = await read
    #expect(try result.get() == [UInt8(ascii: "a")])
    #expect(reactor.statistics.parkedReaders == 0)
    #expect(reactor.statistics.epollReturns > before)
    near.close()
    #expect(reactor.statistics.registrations == 1)
    far.close()
    #expect(reactor.statistics.registrations == 0)
  }

  @Test func `stopping ends everything that waits, and refuses what comes later`() async throws {
    let reactor = try Reactor()
    let (near, far) = try await TCPConnection.pair(on: reactor)
    let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
    async let read = outcome { try await near.read(upTo: 1) }
    async let accept = outcome { try await listener.accept() }
    async let iteration = outcome { for try await _ in listener.connections {} }
    try await reactor.waitUntilParked(readers: 3)
    await reactor.stop()
    #expect(reactor.statistics.registrations == 0)
    #expect(await read.code == .closed)
    #expect(await accept.code == .closed)
    let ended = await iteration
    #expect(throws: Never.self) { try ended.get() }
    #expect(near.isClosed && far.isClosed && listener.isClosed)
    await expectError(.closed) { try await far.write("late") }
    await expectError(.closed) { try await listener.accept() }
    await expectError(.closed) {
      try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
    }
    let elsewhere = try await TCPListener.bind(to: .loopback(port: 0))
    await expectError(.closed) {
      try await TCPConnection.connect(to: elsewhere.localAddress, on: reactor)
    }
    await expectError(.closed) { try await reactor.waitUntilReadable(0) }
    await reactor.stop()
  }

  @Test func `a stopped reactor still runs jobs`() async throws {
    let reactor = try Reactor()
    await reactor.stop()
    let isOnThread = await Task(executorPreference: reactor) { reactor.loop.isCurrent }.value
    #expect(isOnThread)
  }

  @Test func `the thread ends when the last reference is gone`() async throws {
    let ledger = DescriptorLedger()
    var reactor: Reactor? = try Reactor(name: "short-lived-1", kernel: ledger.kernel())
    try await waitUntil { Self.threadNames.contains("short-lived-1") }
    var pair: (TCPConnection, TCPConnection)? = try await TCPConnection.pair(on: reactor)
    reactor = nil
    try await pair?.0.write("a")
    #expect(try await pair?.1.read(upTo: 1) == [UInt8(ascii: "a")])
    #expect(Self.threadNames.contains("short-lived-1"))
    pair = nil
    try await waitUntil { !Self.threadNames.contains("short-lived-1") }
    try await waitUntil { ledger.open.isEmpty }
    #expect(ledger.faults == [])
  }

  /// The names of all threads of this process.
  private static var threadNames: Set<String> {
    let files = FileManager.default
    let numbers = (try? files.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    let names = numbers.compactMap { number in
      files.contents(atPath: "/proc/self/task/\(number)/comm").map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    return Set(names.map { String($0.dropLast()) })
  }

  @Test func `a task that prefers a reactor runs on its thread and stays there`() async throws {
    let reactor = try Reactor()
    let (near, far) = try await TCPConnection.pair(on: reactor)
    let echo = Task(executorPreference: reactor) {
      var isOnThread = reactor.loop.isCurrent
      for try await chunk in near.chunks {
        isOnThread = isOnThread && reactor.loop.isCurrent
        try await near.write(chunk)
        isOnThread = isOnThread && reactor.loop.isCurrent
      }
      return isOnThread
    }
    for byte in UInt8(0)..<100 {
      try await far.write([byte])
      #expect(try await far.read(exactly: 1) == [byte])
    }
    try await far.finish()
    let stayed = try await echo.value
    #expect(stayed)
  }

  @Test func `a task on another executor is not drawn to the reactor`() async throws {
    let reactor = try Reactor()
    let (near, far) = try await TCPConnection.pair(on: reactor)
    async let read = near.read(upTo: 1)
    try await reactor.waitUntilParked(readers: 1)
    try await far.write("a")
    _ = try await read
    let isOnThread = reactor.loop.isCurrent
    #expect(!isOnThread)
  }

  @Test func `the reactor's own actor runs on its thread`() async throws {
    let reactor = try Reactor()
    let isOnThread = await reactor.isOnItsThread
    #expect(isOnThread)
  }

  @Test func `jobs from many threads all run`() async throws {
    let reactor = try Reactor()
    let ran = Counter()
    await withDiscardingTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<500 {
            await Task(executorPreference: reactor) { _ = ran.increment() }.value
          }
        }
      }
    }
    #expect(ran.value == 4000)
  }

  @Test func `the shared reactors are the same ones every time`() throws {
    let reactors = try Reactor.sharedReactors()
    #expect(!reactors.isEmpty)
    let again = try Reactor.sharedReactors()
    #expect(reactors.map(ObjectIdentifier.init) == again.map(ObjectIdentifier.init))
  }
}

extension Reactor {
  /// Whether the actor's own code runs on the reactor's thread.
  fileprivate var isOnItsThread: Bool {
    assertIsolated()
    return loop.isCurrent
  }
}
