internal import Synchronization

/// What the loop does with events: on its own thread, or on another that looks at epoll for it.
extension EventLoop {
  /// Takes the tasks that the events and the passed deadlines wake, and the jobs of others.
  func collect(
    _ events: borrowing Poller.Events,
    _ waking: inout [ParkedTask]
  ) {
    shared.withLock { shared in
      shared.sleepsUntil = nil
      if deliver(events, &shared, &waking) { poller.wakeUp.consume() }
      if shared.timers.earliest < .max { fireTimers(&shared, &waking) }
      if !shared.submitted.isEmpty {
        jobs.append(contentsOf: shared.submitted)
        shared.submitted.removeAll(keepingCapacity: true)
      }
    }
  }

  /// Marks what the events tell of and takes the tasks that they wake.
  ///
  /// - Returns: Whether the wake-up is among the events.
  func deliver(
    _ events: borrowing Poller.Events,
    _ shared: inout Shared,
    _ waking: inout [ParkedTask]
  ) -> Bool {
    var isWakeUp = false
    for index in 0..<events.count {
      let event = events[index]
      if let registration = shared.registrations[event.token] {
        if registration.deliver(event, &waking) { shared.wakeWatchers(of: registration, &waking) }
      } else if event.isWakeUp {
        isWakeUp = true
      } else {
        // The registration was removed after epoll had reported it: its successor in the slot has
        // another generation, and must not see an event that it did not earn.
        staleEvents.add(1, ordering: .relaxed)
      }
    }
    return isWakeUp
  }
}
