import Sockets

/// A5, hazard 23: a connection and a listener are closed while everything waits that can wait.
///
/// A read, a write, two writes in the queue behind it, and an accept. A library that closes the
/// descriptor and forgets the tasks leaves them asleep for ever; one that closes first and tells them
/// later lets them touch a stranger's descriptor. Every other round does not wait for them to be
/// parked, so the close meets them half way.
enum CloseWithPending: Scenario {
  static let name = "A5"
  static let summary = "close ends parked reads, writes, queued writes and accepts"
  static let size = Size.rounds(5_000, brief: 300)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let latencies = Latencies()
    var parked = 0
    while run.next() {
      let near = try run.reactor(&random)
      let listener = try await TCPListener.bind(to: run.loopback(), on: [run.reactor(&random)])
      let (client, server) = try await run.pair(through: listener, on: near)
      let closing: (any TaskExecutor)? = run.home(near, &random)
      let homes = (0..<5).map { _ in run.home(near, &random) }
      let waits = random.oneIn(2)

      let tasks = operations(on: client, listener, homes)
      if waits {
        let isParked = await eventually { Statistics.parked == tasks.count }
        try expect(isParked, "five tasks are parked", seen: Statistics.text)
        parked += 1
      } else {
        await random.pause(upTo: .microseconds(50))
      }
      let begin = ContinuousClock.now
      try await Task(executorPreference: closing) {
        client.close()
        listener.close()
        // Their results may take a moment to arrive; their waiting is over.
        try expect(Statistics.parked, 0, "tasks parked after the close")
        client.close()
        listener.close()
      }.value
      for task in tasks { try await expectClosed(task) }
      latencies.add(.now - begin)
      server.close()
    }
    try expectPrompt(latencies.worst, "ending five operations")
    run.note("\(latencies.count) rounds, \(parked) with all parked, \(latencies.text)")
  }

  private typealias Operation = (name: String, task: Task<Void, any Error>)

  /// Begins the five operations.
  private static func operations(
    on connection: TCPConnection,
    _ listener: TCPListener,
    _ homes: [(any TaskExecutor)?]
  ) -> [Operation] {
    let read = Task(executorPreference: homes[0]) { _ = try await connection.read(upTo: 100) }
    let writes = homes[1...3].map { home in
      Task(executorPreference: home) { try await connection.write(flood) }
    }
    let accept = Task(executorPreference: homes[4]) { _ = try await listener.accept() }
    return [("read", read), ("accept", accept)] + writes.map { ("write", $0) }
  }

  private static func expectClosed(_ operation: Operation) async throws {
    do {
      try await operation.task.value
      throw Failure("a pending \(operation.name)", expected: "closed", seen: "success")
    } catch let error as SocketError {
      try expect(error.code, .closed, "a pending \(operation.name)")
      let sent = error.bytesWritten ?? 0
      try expect(sent < flood.count, "not all was written", seen: "\(sent)")
    }
  }
}
