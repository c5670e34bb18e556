import CYardsticks
import Sockets

/// What it costs to resume a task that runs on another thread, which sleeps meanwhile: the kernel's part, waking
/// a thread, is nearly all of it.
func measureResumingBetweenThreads() {
  let passes = operations / 2

  measure("resume between threads: C, epoll and a socket (yardstick)") {
    guard yardstick_messages_between_threads(Int32(operations)) == 0 else { throw Failure() }
  }

  measureBaton("task pool and reactor", globalConcurrentExecutor, reactor)
  measureBaton("two reactors", reactor, secondReactor)

  measure(
    "resume between threads: alarm, two reactors",
    on: reactor,
    prepare: { try AlarmPair(on: reactor, secondReactor) }
  ) { pair in
    defer { pair.close() }
    try await withThrowingTaskGroup { group in
      group.addTask { try await pair.lead(times: passes) }
      group.addTask(executorPreference: secondReactor) { try await pair.follow(times: passes) }
      try await group.waitForAll()
    }
  }
}

private func measureBaton(
  _ name: String,
  _ first: any TaskExecutor,
  _ second: any TaskExecutor
) {
  measure(
    "resume between threads: continuation, \(name)",
    on: first,
    prepare: { Baton() }
  ) { baton in
    await withTaskGroup { group in
      group.addTask(executorPreference: first) { await baton.pass(times: operations / 2) }
      group.addTask(executorPreference: second) { await baton.pass(times: operations / 2) }
    }
  }
}

/// A yardstick has failed.
struct Failure: Error {}
