internal import Synchronization

extension EventLoop {
  /// What the loop holds and has done so far.
  var statistics: Reactor.Statistics {
    let (registrations, timers) = shared.withLock {
      ($0.registrations.elements, $0.timers.living)
    }
    var statistics = Reactor.Statistics()
    for registration in registrations {
      if registration.number != nil { statistics.registrations += 1 }
      registration.withWaiter(.read) { statistics.parkedReaders += $0.state.isParked ? 1 : 0 }
      registration.withWaiter(.write) { statistics.parkedWriters += $0.state.isParked ? 1 : 0 }
    }
    statistics.timers = timers
    statistics.staleEvents = staleEvents.load(ordering: .relaxed)
    statistics.epollReturns = epollReturns.load(ordering: .relaxed) + loan.lookCount
    statistics.wakeWrites = poller.wakeUp.writes
    return statistics
  }
}
