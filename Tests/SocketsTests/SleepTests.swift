import SocketsTesting
import Testing

@testable import Sockets

/// Sleeping on a reactor's timers.
@Suite(.timeLimit(.minutes(1))) struct SleepTests {
  @Test func `no sleep ends early, wherever it is called`() async throws {
    let reactor = try Reactor(name: "sleep")
    for executor in [reactor, nil] {
      try await withTaskExecutorPreference(executor) {
        for duration: Duration in [.zero, .nanoseconds(1), .microseconds(700), .milliseconds(3)] {
          let start = ContinuousClock.now
          try await Reactor.sleep(for: duration)
          #expect(ContinuousClock.now - start >= duration)
        }
      }
    }
    #expect(reactor.statistics.timers == 0)
  }

  @Test func `a time that has passed, and one beyond all times, are legal`() async throws {
    try await Reactor.sleep(until: .now - .seconds(1_000_000))
    let sleep = Task { try await Reactor.sleep(for: .seconds(Int64.max / 2)) }
    sleep.cancel()
    #expect(await sleep.result.isCancellation)
  }

  @Test func `a handler on a reactor wakes on it, without another thread`() async throws {
    let reactor = try Reactor(name: "sleep")
    try await withTaskExecutorPreference(reactor) {
      let writes = reactor.statistics.wakeWrites
      for _ in 0..<20 { try await Reactor.sleep(for: .microseconds(100)) }
      #expect(EventLoop.current === reactor.loop)
      #expect(reactor.statistics.wakeWrites == writes)
    }
  }

  @Test func `many sleeps that are cancelled leave nothing`() async throws {
    let reactor = try Reactor(name: "sleep")
    try await withThrowingTaskGroup { group in
      for _ in 0..<500 {
        group.addTask(executorPreference: reactor) { try await Reactor.sleep(for: .seconds(600)) }
      }
      try await reactor.waitUntilParked(readers: 500)
      group.cancelAll()
      while let result = await group.nextResult() { #expect(result.isCancellation) }
    }
    #expect(reactor.statistics.parkedReaders == 0)
    #expect(reactor.statistics.timers == 0)
  }

  @Test func `a reactor that is stopped ends the sleeps on it`() async throws {
    let reactor = try Reactor(name: "sleep")
    let sleep = Task(executorPreference: reactor) { try await Reactor.sleep(for: .seconds(600)) }
    try await reactor.waitUntilParked(readers: 1)
    reactor.loop.stop()
    let error = await #expect(throws: SocketError.self) { try await sleep.value }
    #expect(error?.code == .closed)
  }

  @Test func `sleeps use alarms again, but none of a sleep that was cut short`() async throws {
    let reactor = try Reactor(name: "sleep")
    try await withTaskExecutorPreference(reactor) {
      for _ in 0..<3 { try await Reactor.sleep(for: .microseconds(100)) }
      #expect(reactor.loop.alarms.count == 1)
      let sleep = Task(executorPreference: reactor) { try await Reactor.sleep(for: .seconds(600)) }
      try await reactor.waitUntilParked(readers: 1)
      #expect(reactor.loop.alarms.isEmpty)
      sleep.cancel()
      #expect(await sleep.result.isCancellation)
      #expect(reactor.loop.alarms.isEmpty)
      let start = ContinuousClock.now
      try await Reactor.sleep(for: .milliseconds(2))
      #expect(ContinuousClock.now - start >= .milliseconds(2))
    }
    #expect(reactor.statistics.timers == 0)
  }

  @Test func `a cancellation as a sleep ends does not touch the next one`() async throws {
    let reactor = try Reactor(name: "sleep")
    for round in 0..<300 {
      let first = Task(executorPreference: reactor) {
        try? await Reactor.sleep(for: .microseconds(100))
      }
      let second = Task(executorPreference: reactor) {
        await first.value
        let start = ContinuousClock.now
        try await Reactor.sleep(for: .microseconds(200))
        return ContinuousClock.now - start
      }
      while round % 3 > 0, reactor.statistics.parkedReaders > 0 { await Task.yield() }
      first.cancel()
      #expect(try await second.value >= .microseconds(200))
    }
    #expect(reactor.statistics.timers == 0)
  }

  @Test func `a sleep fails on a stopped reactor, also where others had slept`() async throws {
    let reactor = try Reactor(name: "sleep")
    try await withTaskExecutorPreference(reactor) {
      try await Reactor.sleep(for: .microseconds(100))
      reactor.loop.stop()
      for _ in 0..<2 {
        await expectError(.closed) { try await Reactor.sleep(for: .seconds(600)) }
      }
    }
  }

  @Test func `alarms that are kept keep no reactor`() async throws {
    weak var loop: EventLoop?
    do {
      let reactor = try Reactor(name: "sleep")
      loop = reactor.loop
      try await Task(executorPreference: reactor) {
        try await Reactor.sleep(for: .microseconds(100))
      }.value
    }
    while loop != nil {
      try Task.checkCancellation()
      await Task.yield()
    }
  }
}
