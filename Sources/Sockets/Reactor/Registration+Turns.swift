/// The queue for a direction that another operation owns: writes and accepts go in the order of their
/// calls.
extension Registration {
  /// Makes the caller the owner of a direction, without an operation on the descriptor: for an operation
  /// that is made of others.
  ///
  /// The owner gives the direction up with ``abandon(_:)``.
  ///
  /// - Throws: Why it is not the owner.
  nonisolated(nonsending) func own(
    _ direction: Direction,
    whenBusy: WhenBusy,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) {
    if Task.isCancelled { throw .cancelled }
    switch withWaiter(direction, { $0.claim() }) {
    case .wait: return
    case .closed: throw .closed
    case .go, .yieldThenGo: break
    case .busy:
      guard whenBusy == .queue else { throw .busy }
      _ = try await awaitTurn(direction, LoopTime.end(deadline), false)
    }
    leave(direction, usedUp: .yes)
  }

  /// Suspends until this operation is at the head of the queue and owns the direction.
  ///
  /// - Returns: Whether it has to wait before its first try.
  /// - Throws: Why not; the operation has then left the queue, having done nothing.
  nonisolated(nonsending) func awaitTurn(
    _ direction: Direction,
    _ deadline: Int64,
    _ needsReadiness: Bool
  ) async throws(OperationFailure) -> Bool {
    let turn = try loop.register(nil, initial: .waiting)
    defer { turn.close() }
    let queued = queue.withLock { queue in
      guard withWaiter(direction, { $0.contend() }) else { return false }
      queue.append((direction, turn))
      return true
    }
    guard queued else {
      // The claim came free meanwhile, or the registration was closed.
      switch withWaiter(direction, { $0.claim() }) {
      case .go, .yieldThenGo: return false
      case .wait: return try enter(direction, needsReadiness)
      case .closed: throw .closed
      case .busy: return try await awaitTurn(direction, deadline, needsReadiness)
      }
    }
    do {
      _ = try await turn.perform(
        direction,
        whenBusy: .fail,
        until: deadline,
        attempt: { _ in .done(0, usedUp: .yes) }
      )
    } catch {
      let left = queue.withLock { queue in
        guard let index = queue.firstIndex(where: { $0.turn === turn }) else { return false }
        queue.remove(at: index)
        if !queue.contains(where: { $0.direction == direction }) {
          withWaiter(direction) { $0.leaveQueue() }
        }
        return true
      }
      // Handed the turn in the same moment: give it to the next.
      if !left, !isClosed { abandon(direction) }
      throw error
    }
    if isClosed { throw .closed }
    return try enter(direction, needsReadiness)
  }

  /// Begins this operation, which owns the direction.
  ///
  /// - Returns: Whether it has to wait before its first try.
  /// - Throws: Why it does not begin; the operation has then ended.
  private func enter(
    _ direction: Direction,
    _ needsReadiness: Bool
  ) throws(OperationFailure) -> Bool {
    if !needsReadiness { signal(direction) }
    // The interruption that came with a cancellation may have gone to the owner before.
    return try mustPark(direction, false)
  }

  /// Hands the claim, which this operation has kept for it, to the head of the queue.
  func passTurn(_ direction: Direction) {
    let next = queue.withLock { queue in
      let index = queue.firstIndex { $0.direction == direction }
      let turn = index.map { queue.remove(at: $0).turn }
      withWaiter(direction) {
        $0.pass(
          toSomebody: turn != nil,
          queueIsEmpty: !queue.contains { $0.direction == direction }
        )
      }
      return turn
    }
    next?.signal(direction)
  }
}
