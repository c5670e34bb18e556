import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct DeadlineTests {
  private struct Refusal: Error, Equatable {}

  @Test func `a body that ends in time gives its result or its error`() async throws {
    #expect(await withDeadline(.now + .seconds(600)) { 7 } == 7)
    #expect(await withDeadline(in: .seconds(600)) { "x" } == "x")
    await #expect(throws: Refusal.self) {
      try await withDeadline(in: .seconds(600)) { () async throws(Refusal) in throw Refusal() }
    }
  }

  @Test func `the error keeps its type`() async {
    do {
      try await withDeadline(in: .seconds(600)) { () async throws(Refusal) in throw Refusal() }
      Issue.record("no error")
    } catch {
      let refusal: Refusal = error
      #expect(refusal == Refusal())
    }
  }

  @Test func `when the deadline passes, the body is cancelled, whatever it waits for`() async throws
  {
    try await withPair { pair in
      let start = ContinuousClock.now
      await #expect(throws: CancellationError.self) {
        try await withDeadline(start + .milliseconds(10)) { try await pair.near.read(upTo: 1) }
      }
      await #expect(throws: CancellationError.self) {
        try await withDeadline(in: .milliseconds(10)) { try await untilCancelled() }
      }
      await #expect(throws: CancellationError.self) {
        try await withDeadline(in: .milliseconds(10)) {
          try await withThrowingTaskGroup { group in
            group.addTask { try await untilCancelled() }
            try await group.waitForAll()
          }
        }
      }
      #expect(.now >= start + .milliseconds(30))
      #expect(!Task.isCancelled)
    }
  }

  @Test func `the body has the last word`() async throws {
    let result = await withDeadline(in: .milliseconds(1)) {
      while !Task.isCancelled { await Task.yield() }
      return 7
    }
    #expect(result == 7)
    await #expect(throws: Refusal.self) {
      try await withDeadline(in: .milliseconds(1)) {
        do {
          try await untilCancelled()
        } catch {
          throw Refusal()
        }
      }
    }
  }

  @Test func `a deadline that has passed cancels the body from the start`() async throws {
    let wasCancelled = await withDeadline(.now - .seconds(1)) {
      while !Task.isCancelled { await Task.yield() }
      return true
    }
    #expect(wasCancelled)
  }

  @Test(arguments: [true, false])
  func `of nested deadlines the earlier one counts`(isOuter: Bool) async throws {
    let (early, late) = (Duration.milliseconds(10), Duration.seconds(600))
    let outer = Counter()
    let isInnerCancelled = await withDeadline(in: isOuter ? early : late) {
      await withTaskCancellationHandler {
        await withDeadline(in: isOuter ? late : early) {
          try? await untilCancelled()
          return Task.isCancelled
        }
      } onCancel: {
        outer.increment()
      }
    }
    #expect(isInnerCancelled)
    #expect(outer.value == (isOuter ? 1 : 0))
  }

  @Test func `cancelling the task around it cancels the body`() async throws {
    let started = Counter()
    let task = Task {
      try await withDeadline(in: .seconds(600)) {
        started.increment()
        try await untilCancelled()
      }
    }
    try await waitUntil { started.value == 1 }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(
      await outcomeWhenCancelledBefore {
        try await withDeadline(in: .seconds(600)) { try await untilCancelled() }
      }?.isCancellation == true
    )
  }

  @Test func `it runs on the isolation of its caller`() async throws {
    actor Account {
      var balance = 0
      func pay(_ amount: Int) async -> Int {
        await withDeadline(in: .seconds(600)) {
          balance += amount
          await Task.yield()
          balance += amount
          return balance
        }
      }
    }
    #expect(await Account().pay(3) == 6)
  }

  @Test func `on a reactor it stays on the reactor's thread`() async throws {
    let reactor = try Reactor(name: "deadline")
    await withTaskExecutorPreference(reactor) {
      #expect(reactor.loop.isCurrent)
      let isThere = await withDeadline(in: .seconds(600)) {
        await Task.yield()
        return reactor.loop.isCurrent && EventLoop.current === reactor.loop
      }
      #expect(isThere)
      #expect(reactor.loop.isCurrent)
      #expect(reactor.statistics.timers == 0)
    }
    #expect(EventLoop.current == nil)
  }

  @Test func `task-local values are the body's too`() async throws {
    enum Local { @TaskLocal static var value = 0 }
    let seen = await Local.$value.withValue(3) {
      await withDeadline(in: .seconds(9)) { Local.value }
    }
    #expect(seen == 3)
  }

  @Test func `on a reactor that was stopped, deadlines still pass`() async throws {
    let reactor = try Reactor(name: "stopped")
    await reactor.stop()
    await withTaskExecutorPreference(reactor) {
      _ = await #expect(throws: CancellationError.self) {
        try await withDeadline(in: .milliseconds(5)) { try await untilCancelled() }
      }
    }
  }

  @Test func `any clock will do`() async throws {
    await #expect(throws: CancellationError.self) {
      try await withDeadline(in: .milliseconds(5), clock: SuspendingClock()) {
        try await untilCancelled()
      }
    }
    await #expect(throws: CancellationError.self) {
      try await withDeadline(.now + .milliseconds(5), clock: ContinuousClock()) {
        try await untilCancelled()
      }
    }
    #expect(await withDeadline(in: .seconds(600), clock: SuspendingClock()) { 7 } == 7)
  }

  /// A clock that counts in another's instants, and stands still.
  private struct StoppedClock: Clock {
    let now: ContinuousClock.Instant
    let minimumResolution = Duration.zero

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
      if deadline > now { try await untilCancelled() }
    }
  }

  @Test func `a clock is the one that was given, whatever its instants are`() async throws {
    // On the reactor's clock it is over.
    let deadline = ContinuousClock.now - .seconds(1)
    let clock = StoppedClock(now: deadline - .seconds(1))
    #expect(await withDeadline(deadline, clock: clock) { Task.isCancelled } == false)
  }

  @Test func `many at once, early and late, leave nothing behind`() async throws {
    let reactor = try Reactor(name: "deadlines")
    let cancelled = Counter()
    await withDiscardingTaskGroup { group in
      for number in 0..<500 {
        group.addTask(executorPreference: reactor) {
          await withDeadline(in: number % 2 == 0 ? .milliseconds(number / 50) : .seconds(3600)) {
            if number % 2 == 0 { try? await untilCancelled() }
            if Task.isCancelled { cancelled.increment() }
          }
        }
      }
    }
    #expect(cancelled.value == 250)
    try await reactor.waitUntil { $0.timers == 0 }
  }
}
