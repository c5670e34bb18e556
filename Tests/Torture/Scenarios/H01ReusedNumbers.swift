import Sockets

/// Hazard 1: descriptors are closed, and their numbers given out again, while the reactor has a batch of
/// events for the old ones in hand.
///
/// A library that finds sockets by their descriptor number delivers a dead socket's event to the
/// stranger that has the number now. Here ten descriptors become readable at once; while the batch is
/// delivered, some are closed and others opened that are never readable: no wait for those returns.
enum ReusedNumbers: Scenario {
  static let name = "H1"
  static let summary = "an event never reaches the next socket of the same number"
  static let size = Size.rounds(20_000, brief: 1_000)

  private static let noisy = 7
  private static let victims = 3
  private static let quiet = 5

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let reactor = try run.reactor(&random)
    let listener = try await TCPListener.bind(to: run.loopback(), on: [reactor])
    let noisy = try (0..<noisy).map { _ in try RawSocket.pair() }
    let quiet = try (0..<quiet).map { _ in try RawSocket.pair() }
    defer { for (near, far) in noisy + quiet { RawSocket.close(near, far) } }
    let stale = Statistics.staleEvents
    let woken = Counter()

    while run.next() {
      var pairs: [(TCPConnection, TCPConnection)] = []
      for _ in 0..<victims { pairs.append(try await run.pair(through: listener, on: reactor)) }
      let waits = noisy.map { near, _ in
        Task(executorPreference: run.home(reactor, &random)) {
          try await reactor.waitUntilReadable(near)
        }
      }
      let reads = pairs.map { near, _ in
        Task(executorPreference: run.home(reactor, &random)) { _ = try await near.read(upTo: 9) }
      }
      let isParked = await eventually { Statistics.parked == waits.count + reads.count }
      try expect(isParked, "all are parked", seen: Statistics.text)

      // The batch, and the commotion while it is on its way.
      for (_, far) in pairs { try await far.write([1]) }
      for (_, far) in noisy { RawSocket.poke(far) }
      for wait in waits[0...1] { wait.cancel() }
      spin(for: .nanoseconds(random.pick(0...8000)))
      for (near, _) in pairs { near.close() }
      let strangers = quiet.map { near, _ in
        Task(executorPreference: run.home(reactor, &random)) {
          try await reactor.waitUntilReadable(near)
        }
      }
      for wait in waits { try await settle(wait, woken) }
      for read in reads { try await settle(read, woken) }
      await random.pause(upTo: .microseconds(20))
      for stranger in strangers {
        stranger.cancel()
        guard case .failure(is CancellationError) = await stranger.result else {
          throw Failure("a wait for a descriptor that is never readable has returned")
        }
      }
      for (near, _) in noisy { RawSocket.drain(near) }
      for (_, far) in pairs { far.close() }
    }
    listener.close()
    let late = Statistics.staleEvents - stale
    run.note("\(woken.value) events, \(late) came too late and were dropped")
  }

  /// Waits for something that may have been woken, cancelled or closed.
  private static func settle(_ task: Task<Void, any Error>, _ woken: Counter) async throws {
    do {
      try await task.value
      woken.add(1)
    } catch is CancellationError {
    } catch let error as SocketError where error.code == .closed {
    }
  }
}
