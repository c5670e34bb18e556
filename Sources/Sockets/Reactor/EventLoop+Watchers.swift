/// Those who look at a registration from outside, and must learn what no event of the kernel tells
/// them: that it was closed, or that bytes wait for its next read in the library; or only an event of
/// the registration itself: that the peer has ended it.
extension EventLoop {
  /// Signals `watcher` whenever the registration is signalled, closed, or ended by the peer, from now on.
  func addWatcher(_ watcher: Registration, of registration: Registration) {
    shared.withLock { $0.watchers[registration.token, default: []].append(watcher) }
  }

  /// Signals `watcher` no more.
  func removeWatcher(_ watcher: Registration, of registration: Registration) {
    shared.withLock { shared in
      shared.watchers[registration.token]?.removeAll { $0 === watcher }
      if shared.watchers[registration.token]?.isEmpty == true {
        shared.watchers[registration.token] = nil
      }
    }
  }

  /// Forgets a registration: no event finds it any more, and all who watch it look.
  func remove(_ registration: Registration) {
    let watchers = shared.withLock { shared in
      if shared.registrations.remove(registration.token) != nil {
        shared.abandonTimers(of: registration)
      }
      return shared.watchers(of: registration)
    }
    for watcher in watchers { watcher.signal(.read) }
  }

  /// Makes all who watch the registration look again.
  func signalWatchers(of registration: Registration) {
    for watcher in shared.withLock({ $0.watchers(of: registration) }) { watcher.signal(.read) }
  }
}

extension EventLoop.Shared {
  /// Those who watch a registration: as a rule, nobody watches any.
  func watchers(of registration: Registration) -> [Registration] {
    watchers.isEmpty ? [] : watchers[registration.token] ?? []
  }

  /// Takes the tasks of those who watch the registration and are parked.
  func wakeWatchers(of registration: Registration, _ waking: inout [ParkedTask]) {
    for watcher in watchers(of: registration) {
      watcher.withWaiter(.read) { waiter in
        if let task = waiter.signal(hangUp: false) { waking.append(task) }
      }
    }
  }
}
