@testable import Sockets

/// What it costs to suspend a task and to resume it from another one on the same executor.
func measureResuming() {
  measureResuming(on: reactor, "resume on a reactor", pairs: 1)
  // A turn of the loop, and its look at epoll, is shared by all tasks that are resumed in it.
  measureResuming(on: reactor, "resume on a reactor, 10 pairs of tasks", pairs: 10)
  measureResuming(on: globalConcurrentExecutor, "resume on the task pool", pairs: 1)
}

private func measureResuming(on executor: any TaskExecutor, _ family: String, pairs: Int) {
  let passes = operations / (2 * pairs)

  measure(
    "\(family): continuation (yardstick)",
    on: executor,
    prepare: { (0..<pairs).map { _ in Baton() } }
  ) { batons in
    await withTaskGroup { group in
      for baton in batons {
        group.addTask { await baton.pass(times: passes) }
        group.addTask { await baton.pass(times: passes) }
      }
    }
  }

  func measureAlarms(_ name: String, isGuarded: Bool) {
    measure(
      "\(family): \(name)",
      on: executor,
      prepare: { try (0..<pairs).map { _ in try AlarmPair(on: reactor, reactor) } }
    ) { alarms in
      defer { for pair in alarms { pair.close() } }
      try await withThrowingTaskGroup { group in
        for pair in alarms {
          group.addTask {
            if isGuarded { pair.first.guardCurrentTask() }
            try await pair.lead(times: passes)
          }
          group.addTask {
            if isGuarded { pair.second.guardCurrentTask() }
            try await pair.follow(times: passes)
          }
        }
        try await group.waitForAll()
      }
    }
  }
  measureAlarms("alarm", isGuarded: false)
  measureAlarms("alarm without a cancellation handler", isGuarded: true)

  func measureYields(_ name: String, _ yield: @escaping @Sendable () async -> Void) {
    measure("\(family): \(name)", on: executor, prepare: {}) {
      await withTaskGroup { group in
        for _ in 0..<2 * pairs {
          group.addTask { for _ in 0..<passes { await yield() } }
        }
      }
    }
  }
  measureYields("Task.yield") { await Task.yield() }
  // Elsewhere than on a reactor it is a `Task.yield`.
  if executor is Reactor { measureYields("EventLoop.yield") { await EventLoop.yield() } }
}
