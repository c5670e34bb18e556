internal import Synchronization

/// Deadlines of operations: in the loop's queue while somebody waits.
extension EventLoop {
  /// Sees to it that a waiter is interrupted when its deadline passes.
  func arm(_ registration: Registration, _ direction: Direction, _ deadline: Int64) {
    wakeIfAsleep(before: deadline) { shared in
      registration.withWaiter(direction) { waiter in
        let armed = waiter.armed.load(ordering: .relaxed)
        // Closed meanwhile: it will not park.
        guard deadline < armed, shared.registrations[registration.token] != nil else { return }
        waiter.armedNext.store(armed, ordering: .relaxed)
        waiter.armed.store(deadline, ordering: .relaxed)
        shared.timers.add(
          .init(deadline: deadline, token: registration.token, direction: direction)
        )
      }
    }
  }

  /// Takes the tasks whose deadlines have passed.
  func fireTimers(_ shared: inout Shared, _ waking: inout [ParkedTask]) {
    let now = LoopTime.now
    while var entry = shared.timers.popDue(now: now) {
      guard let registration = shared.registrations[entry.token] else {
        shared.timers.forgetAbandoned()
        continue
      }
      registration.withWaiter(entry.direction) { waiter in
        // The third of a waiter's entries is forgotten, and has been replaced since if it was needed.
        guard entry.deadline == waiter.armed.load(ordering: .relaxed) else { return }
        let next = waiter.armedNext.load(ordering: .relaxed)
        let deadline = waiter.deadline.load(ordering: .acquiring)
        if now < deadline, deadline < next {
          waiter.armed.store(deadline, ordering: .relaxed)
          entry.deadline = deadline
          shared.timers.add(entry)
          return
        }
        waiter.armed.store(next, ordering: .relaxed)
        waiter.armedNext.store(.max, ordering: .relaxed)
        if deadline <= now, let task = waiter.interrupt() { waking.append(task) }
      }
    }
  }
}

extension EventLoop.Shared {
  /// Takes note that nobody waits any more for the deadlines of a registration that is gone.
  ///
  /// Sooner or later they make room for others: a server whose connections may live for an hour must not
  /// keep an entry for an hour for each that lived for a moment.
  mutating func abandonTimers(of registration: Registration) {
    for direction in [Direction.read, .write] {
      registration.withWaiter(direction) { waiter in
        if waiter.armed.load(ordering: .relaxed) < .max { timers.abandonOne() }
        if waiter.armedNext.load(ordering: .relaxed) < .max { timers.abandonOne() }
      }
    }
    guard timers.isMostlyAbandoned else { return }
    let registrations = registrations
    timers.sweep { registrations[$0.token] != nil }
  }
}
