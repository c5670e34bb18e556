import Sockets

/// Hazard 12: a socket that always has something to read, on the thread of others.
///
/// A read that never suspends never lets go: the reactor's other tasks starve, and the reader does not
/// notice that it was cancelled. Beside it a task of the same thread ticks every 10 ms.
enum EndlessFeed: Scenario {
  static let name = "H12"
  static let summary = "an endless feed starves nobody and can be cancelled"
  static let size = Size.seconds(5, brief: 1.2)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let reactor = try run.reactor(&random)
    let listener = try await TCPListener.bind(to: run.loopback(), on: [reactor])
    let (reading, feeding) = try await run.pair(through: listener, on: reactor)
    listener.close()
    let late = Latencies()
    let cancellations = Latencies()
    let received = Counter()

    let feed = Task {
      let bytes = [UInt8](repeating: 1, count: 1 << 20)
      while true { try await feeding.write(bytes) }
    }
    let ticker = Task(executorPreference: reactor) {
      while run.hasTime {
        let due = ContinuousClock.now + .milliseconds(10)
        try await Task.sleep(until: due)
        late.add(.now - due)
      }
    }
    while run.hasTime {
      run.beat()
      let reader = Task(executorPreference: reactor) {
        var bytes: [UInt8] = []
        while true {
          bytes = try await reading.read(upTo: 512) ?? []
          received.add(bytes.count)
        }
      }
      try await Task.sleep(for: .milliseconds(random.pick(20...80)))
      let begin = ContinuousClock.now
      reader.cancel()
      guard case .failure(is CancellationError) = await reader.result else {
        throw Failure("the reader did not end with a cancellation")
      }
      cancellations.add(.now - begin)
    }
    feed.cancel()
    _ = await feed.result
    try await ticker.value
    reading.reset()
    feeding.reset()
    try expectPrompt(late.worst, "a tick")
    try expectPrompt(cancellations.worst, "a cancellation")
    run.note(
      "\(received.value >> 20) MiB, tick late p99 \(late.quantile(0.99).text), worst "
        + "\(late.worst.text), cancellation \(cancellations.text)"
    )
  }
}
