extension Reactor {
  /// The reactors that sockets use unless told otherwise, one per processor that this process may run
  /// on; started by the first call, for the life of the process.
  ///
  /// - Returns: The reactors, at least one.
  /// - Throws: `SocketError` when one cannot be started; the next call tries again.
  public static func sharedReactors() throws -> [Reactor] {
    if let standIn { return [standIn] }
    return try SharedReactors.first(Thread.processorCount)
  }

  /// The next of the shared reactors in turn; those after it are not started yet.
  static func nextShared() throws -> Reactor {
    if let standIn { return standIn }
    let index = SharedReactors.turn.next(of: Thread.processorCount)
    return try SharedReactors.first(index + 1)[index]
  }

  /// One of the shared reactors that run already; the first one if none does.
  static func anyShared() throws -> Reactor {
    let reactors = try SharedReactors.first(1)
    return reactors[SharedReactors.turnOfRunning.next(of: reactors.count)]
  }
}

/// A reactor in place of the shared ones.
extension Reactor {
  /// Makes this the one shared reactor of whoever runs on its thread, or ends that: then a program that names no
  /// reactor stays within a simulation.
  ///
  /// Meanwhile the reactor keeps itself alive.
  ///
  /// - Parameter isOn: Whether it stands in for the others.
  package nonisolated func standIn(_ isOn: Bool) {
    loop.shared.withLock { $0.standIn = isOn ? self : nil }
  }

  /// The one that does so on the caller's thread.
  private static var standIn: Reactor? { EventLoop.current?.shared.withLock { $0.standIn } }

  /// Fixes the origin of the library's clock: before a thread that has a time of its own first asks.
  package static func startClock() { _ = LoopTime.now }
}

/// The reactors of the process, as far as they were needed.
private enum SharedReactors {
  private static let reactors = Lock<[Reactor]>([])

  static let turn = Turn()

  /// The turns of those who take any that runs: apart, lest they disturb the even spread of sockets.
  static let turnOfRunning = Turn()

  /// Those that run, once there are at least so many.
  static func first(_ count: Int) throws -> [Reactor] {
    try reactors.withLock { reactors in
      while reactors.count < count {
        reactors.append(try Reactor(name: "reactor-\(reactors.count)"))
      }
      return reactors
    }
  }
}
