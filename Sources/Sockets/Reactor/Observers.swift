internal import Synchronization

/// The observers of the process.
enum Observers {
  private static let all = Lock<[(observer: any SocketObserver, stallWatch: StallWatch?)]>([])

  /// How many there are: nobody looks further while it is 0.
  private static let count = Atomic<Int>(0)

  /// Whether there is any.
  static var exist: Bool { count.load(ordering: .relaxed) > 0 }

  /// Tells all of an event.
  ///
  /// - Parameter event: Makes the event, if there is anybody to tell. No lock is held meanwhile.
  static func tell(_ event: @autoclosure () -> SocketEvent) {
    guard exist else { return }
    let event = event()
    for (observer, _) in all.withLock({ $0 }) { observer.observe(event) }
  }

  static func add(_ observer: any SocketObserver) throws(Errno) {
    var watch: StallWatch?
    if let threshold = observer.stallThreshold {
      watch = try StallWatch.start(observer, threshold: threshold)
    }
    let isNew = all.withLock { all in
      if all.contains(where: { $0.observer === observer }) { return false }
      all.append((observer, watch))
      count.store(all.count, ordering: .relaxed)
      return true
    }
    if !isNew { watch?.stop() }
  }

  static func remove(_ observer: any SocketObserver) {
    all.withLock { all in
      guard let index = all.firstIndex(where: { $0.observer === observer }) else { return }
      all.remove(at: index).stallWatch?.stop()
      count.store(all.count, ordering: .relaxed)
    }
  }
}
