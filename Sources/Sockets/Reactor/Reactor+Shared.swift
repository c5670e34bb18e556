extension Reactor {
  /// The reactors that sockets use unless told otherwise, one per processor that this process may run
  /// on; started by the first call, for the life of the process.
  ///
  /// - Returns: The reactors, at least one.
  /// - Throws: `SocketError` when one cannot be started; the next call tries again.
  public static func shared() throws -> [Reactor] {
    try SharedReactors.all()
  }

  /// The next of the shared reactors in turn.
  static func nextShared() throws -> Reactor {
    let reactors = try SharedReactors.all()
    return reactors[SharedReactors.turn.next(of: reactors.count)]
  }
}

/// The reactors of the process, once they are needed.
private enum SharedReactors {
  private static let reactors = Lock<[Reactor]>([])

  static let turn = Turn()

  static func all() throws -> [Reactor] {
    try reactors.withLock { reactors in
      while reactors.count < Thread.processorCount {
        reactors.append(try Reactor(name: "reactor-\(reactors.count)"))
      }
      return reactors
    }
  }
}
