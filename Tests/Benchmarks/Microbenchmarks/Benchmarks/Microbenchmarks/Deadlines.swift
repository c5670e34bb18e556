@testable import Sockets

/// What a deadline adds to an operation that ends before it.
func measureDeadlines() {
  measureReadyReads()
  measureWaiting()
  measureBodies()
}

/// A read that finds its byte there, and the write before it.
private func measureReadyReads() {
  func measureRead(_ name: String, _ deadline: @escaping @Sendable () -> ContinuousClock.Instant?) {
    measure(
      "deadline of a read that is ready: \(name)",
      on: reactor,
      prepare: { try MemoryPipe.pair(on: reactor) }
    ) { first, second in
      let byte = OneByte()
      for _ in 0..<operations {
        try await byte.write(to: first)
        try await byte.read(from: second, deadline: deadline())
      }
    }
  }
  measureRead("none (yardstick)") { nil }
  let later = ContinuousClock.now + .seconds(3600)
  measureRead("the same each time") { later }
  measureRead("30 seconds from now") { .now + .seconds(30) }
}

/// A wait that is over in time: as ``measureResuming()`` has them, with a deadline for each.
private func measureWaiting() {
  func measureWait(
    _ name: String,
    timers: Int = 0,
    _ deadline: @escaping @Sendable () -> Int64
  ) {
    measure(
      "deadline of a wait: \(name)",
      on: reactor,
      prepare: { try CrowdedAlarms(timers: timers) }
    ) { alarms in
      defer { alarms.close() }
      let pair = alarms.pair
      async let other: Void = {
        for _ in 0..<operations / 2 {
          try await AlarmPair.wait(for: pair.second, until: deadline())
          pair.first.signal(.read)
        }
      }()
      for _ in 0..<operations / 2 {
        pair.second.signal(.read)
        try await AlarmPair.wait(for: pair.first, until: deadline())
      }
      try await other
    }
  }
  let later = LoopTime.after(.seconds(3600))
  measureWait("none (yardstick)") { .max }
  measureWait("the same each time") { later }
  measureWait("30 seconds from now") { LoopTime.after(.seconds(30)) }
  measureWait("30 seconds from now, among 10000 timers", timers: 10_000) {
    LoopTime.after(.seconds(30))
  }
}

/// Two alarms of a reactor that keeps deadlines for others as well.
private struct CrowdedAlarms: Sendable {
  let pair: AlarmPair
  private let others: [Registration]

  init(timers: Int) throws {
    pair = try AlarmPair(on: reactor, reactor)
    others = try (0..<timers).map { number in
      let alarm = try reactor.loop.register(nil, initial: .waiting)
      reactor.loop.arm(alarm, .read, LoopTime.after(.seconds(20 + number % 20)))
      return alarm
    }
  }

  func close() {
    pair.close()
    for alarm in others { alarm.close() }
  }
}

/// A body of several steps, which runs in a child task.
private func measureBodies() {
  measure("deadline of a body: none, a child task (yardstick)", on: reactor, prepare: {}) {
    for _ in 0..<operations {
      async let child: Void = {}()
      await child
    }
  }
  measure("deadline of a body: withDeadline", on: reactor, prepare: {}) {
    for _ in 0..<operations { await withDeadline(in: .seconds(30)) {} }
  }
}
