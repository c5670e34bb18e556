import Dispatch
import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct LookupThreadsTests {
  /// A call that blocks its thread until the test says otherwise, like a resolver that never answers.
  final class BlockedCall: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    let running = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    let calls = Atomic<Int>(0)

    func callAsFunction() {
      let now = running.add(1, ordering: .relaxed).newValue
      _ = most.max(now, ordering: .relaxed)
      calls.add(1, ordering: .relaxed)
      gate.wait()
      running.subtract(1, ordering: .relaxed)
    }

    func release(_ count: Int) { for _ in 0..<count { gate.signal() } }
  }

  @Test
  func `64 look-ups that are never answered use 4 threads, delay nothing, and cancel at once`()
    async throws
  {
    let threads = LookupThreads(limit: 4, queueLimit: 256)
    let blocked = BlockedCall()
    var lookup = NameLookup()
    lookup.addresses = { _, _ in
      blocked()
      return .success([.loopback(port: 0)])
    }
    let resolver = SystemResolver(threads: threads, lookup: lookup)
    let endpoint = try Endpoint(host: "never.example", port: 80)

    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<64 {
        group.addTask {
          do {
            _ = try await resolver.resolve(endpoint)
            return false
          } catch is CancellationError {
            return true
          }
        }
      }
      try await waitUntil {
        threads.counts == (4, 60) && blocked.running.load(ordering: .relaxed) == 4
      }

      // Numbers need no thread, and neither does an echo between two connections.
      #expect(try await resolver.resolve(Endpoint(.loopback(port: 7))) == [.loopback(port: 7)])
      let (a, b) = try await TCPConnection.pair()
      for _ in 0..<100 {
        try await a.write([1])
        #expect(try await b.read(exactly: 1) == [1])
      }
      a.close()
      b.close()

      group.cancelAll()
      for try await wasCancelled in group { #expect(wasCancelled) }
    }
    // Those that waited are never made; those in progress end when they end, and so do the threads.
    #expect(threads.counts == (4, 0))
    blocked.release(4)
    try await waitUntil { threads.counts.threads == 0 }
    #expect(blocked.calls.load(ordering: .relaxed) == 4)
    #expect(blocked.most.load(ordering: .relaxed) == 4)
  }

  @Test func `a look-up out of time returns at its deadline`() async throws {
    let threads = LookupThreads(limit: 1, queueLimit: 8)
    let blocked = BlockedCall()
    for _ in 0..<3 {  // the first one runs, the others wait for their turn
      let start = ContinuousClock.now
      let error = await #expect(throws: SocketError.self) {
        try await threads.run(deadline: start + .milliseconds(30)) { blocked() }
      }
      #expect(error?.code == .timedOut)
      #expect(error?.operation == .resolve)
      let elapsed = ContinuousClock.now - start
      #expect(elapsed >= .milliseconds(30))
    }
    blocked.release(1)
    try await waitUntil { threads.counts == (0, 0) }
    #expect(try await threads.run(deadline: nil) { 7 } == 7)
  }

  @Test func `a full queue is a clear error`() async throws {
    let threads = LookupThreads(limit: 2, queueLimit: 3)
    let blocked = BlockedCall()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<5 { group.addTask { try await threads.run(deadline: nil) { blocked() } } }
      try await waitUntil { threads.counts == (2, 3) }
      let error = await #expect(throws: SocketError.self) {
        try await threads.run(deadline: nil) {}
      }
      #expect(error?.code == .resolverBusy)
      blocked.release(5)
    }
    try await waitUntil { threads.counts == (0, 0) }
    #expect(blocked.most.load(ordering: .relaxed) <= 2)
  }

  @Test func `a task that is cancelled already makes no call`() async throws {
    let threads = LookupThreads(limit: 1, queueLimit: 1)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      try await threads.run(deadline: nil) { _ = Issue.record("called") }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(threads.counts == (0, 0))
  }

  @Test func `many look-ups at once each get their own result`() async throws {
    let threads = LookupThreads(limit: 4, queueLimit: 1_000)
    try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for number in 0..<500 {
        group.addTask { (number, try await threads.run(deadline: nil) { number * 2 }) }
      }
      for try await (number, result) in group { #expect(result == number * 2) }
    }
    try await waitUntil { threads.counts == (0, 0) }
  }
}
