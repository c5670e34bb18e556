import Benchmark

@testable import Sockets

/// What a deadline costs in the queue of a reactor.
func measureTimers() {
  measure("timers: what time it is (yardstick)") {
    for _ in 0..<operations { blackHole(ContinuousClock.now) }
  }

  for count in [1, 10_000] {
    // The next one falls due and is set again, to a time among those of the others.
    measure("timers: pop and add, \(count) in the queue", prepare: { Timers(count: count) }) {
      timers in
      for _ in 0..<operations {
        guard var entry = timers.queue.popDue(now: .max) else { throw Failure() }
        entry.deadline += timers.distance()
        timers.queue.add(entry)
      }
    }
  }

  // What a connection that is closed does: its deadline stays until a sweep takes out all such.
  measure("timers: add and abandon, 10000 in the queue", prepare: { Timers(count: 10_000) }) {
    timers in
    for _ in 0..<operations {
      timers.queue.add(.init(deadline: timers.distance(), token: .max, direction: .read))
      timers.queue.abandonOne()
      if timers.queue.isMostlyAbandoned { timers.queue.sweep { $0.token < .max } }
    }
  }
}

/// A queue of deadlines, and where the next one goes.
private struct Timers {
  var queue = TimerQueue()
  private let span: UInt64
  private var random: UInt64 = 1

  /// Fills a queue with deadlines 1 µs apart on the average.
  init(count: Int) {
    span = UInt64(count) * 1000
    for token in 0..<UInt64(count) {
      queue.add(.init(deadline: distance(), token: token, direction: .read))
    }
  }

  /// A random time from now, within the span of the queue's deadlines: xorshift, always the same numbers.
  mutating func distance() -> Int64 {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return Int64(random % span)
  }
}
