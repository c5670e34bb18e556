import Sockets

/// A3, hazards 15, 18: accepts are cancelled at random moments while clients connect.
///
/// A library that takes a connection from the kernel and then throws the cancellation leaves a client
/// connected to nobody. Here every client is served exactly once.
enum CancelledAccepts: Scenario {
  static let name = "A3"
  static let summary = "cancelled accepts lose no client"
  static let size = Size.rounds(10_000, brief: 600)

  static func run(_ run: Run) async throws {
    let listener = try await TCPListener.bind(to: run.loopback())
    let clients = run.rounds
    let served = Guarded([Int](repeating: 0, count: clients))
    let done = Counter()
    let latencies = Latencies()

    try await withThrowingTaskGroup { group in
      for first in 0..<8 {
        group.addTask {
          var random = run.generator()
          for id in stride(from: first, to: clients, by: 8) {
            try await client(id, of: listener, on: run.reactor(&random))
            done.add(1)
            run.begun.add(1)
            run.beat()
          }
        }
      }
      for _ in 0..<3 {
        group.addTask {
          try await accept(from: listener, run, latencies, served) {
            done.value < clients || latencies.count < clients
          }
        }
      }
      try await group.waitForAll()
    }
    listener.close()
    let wrong = served.copy.enumerated().filter { $0.element != 1 }
    try expect(wrong.isEmpty, "every client is served once", seen: "\(wrong.prefix(8))")
    try expectPrompt(latencies.worst, "a cancelled accept")
    run.note("\(clients) clients, \(latencies.count) cancelled, \(latencies.text)")
  }

  /// Connects, sends its number, and reads the answer: one byte, and the end.
  private static func client(
    _ id: Int,
    of listener: TCPListener,
    on reactor: Reactor
  ) async throws {
    let connection = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
    try await connection.write((0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) })
    try expect(try await connection.read(upTo: 10), [1], "the answer to client \(id)")
    try expect(try await connection.read(upTo: 10), nil, "the end of client \(id)")
    connection.close()
  }

  /// Accepts, mostly in vain, for as long as there are clients or cancellations to come.
  private static func accept(
    from listener: TCPListener,
    _ run: Run,
    _ latencies: Latencies,
    _ served: Guarded<[Int]>,
    while isWanted: @escaping @Sendable () -> Bool
  ) async throws {
    var random = run.generator()
    try await withThrowingDiscardingTaskGroup { group in
      while isWanted() {
        run.beat()
        let home = run.home(listener.reactor, &random)
        let task = Task(executorPreference: home) { try await listener.accept() }
        await random.pause(upTo: .microseconds(100))
        let cancelled = ContinuousClock.now
        task.cancel()
        switch await task.result {
        case .success(let connection):
          group.addTask(executorPreference: run.home(connection.reactor, &random)) {
            let bytes = try await connection.read(exactly: 4) ?? []
            let id = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
            served.withLock { $0[id] += 1 }
            try await connection.write([1])
            connection.close()
          }
        case .failure(is CancellationError): latencies.add(.now - cancelled)
        case .failure(let error): throw error
        }
      }
    }
  }
}
