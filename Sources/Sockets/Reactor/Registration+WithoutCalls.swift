/// Keeping operations out of their system calls.
extension Registration {
  /// Runs a body while no operation of either direction is in a system call, or gets into one.
  ///
  /// Whoever is parked stays so, and looks again afterwards. Who begins a read meanwhile finds another one in
  /// progress, a write waits for its turn.
  ///
  /// - Parameter body: What to do, at once.
  /// - Returns: The body's result.
  /// - Throws: The body's error; ``OperationFailure`` if an operation is not parked, so that it may be in a call, or
  ///   if the registration is closed.
  func withoutCalls<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
    let reader = try halt(.read)
    defer { letGo(.read, reader) }
    let writer = try halt(.write)
    defer { letGo(.write, writer) }
    return try body()
  }

  /// Owns a direction, or takes its owner's parked task: nobody else resumes that, so it gets no further.
  private func halt(_ direction: Direction) throws(OperationFailure) -> ParkedTask? {
    switch withWaiter(direction, { $0.claim() }) {
    case .wait: return nil
    case .go, .yieldThenGo:
      leave(direction, usedUp: .no)
      return nil
    case .closed: throw .closed
    case .busy:
      if let owner = withWaiter(direction, { $0.interrupt() }) { return owner }
      if direction == .read { throw .busy }
      throw .failed(.busy)
    }
  }

  private func letGo(_ direction: Direction, _ owner: ParkedTask?) {
    if let owner { owner.resume() } else { abandon(direction) }
  }
}
