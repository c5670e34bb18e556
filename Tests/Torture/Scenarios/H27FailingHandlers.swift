import Sockets

/// Hazard 27: two hundred thousand short connections, and every tenth handler throws.
///
/// In a task group that collects results, each ended connection leaves a little; and an error that leaves
/// the group ends the server. Beside the storm, a client with an orderly handler notices nothing.
enum FailingHandlers: Scenario {
  static let name = "H27"
  static let summary = "200,000 short connections, every tenth handler throws: nothing piles up"
  static let size = Size.rounds(200_000, brief: 4_000)

  private struct Refusal: Error {}

  static func run(_ run: Run) async throws {
    let listener = try await TCPListener.bind(to: run.loopback())
    let orderly = try await TCPListener.bind(to: run.loopback())
    let failures = Counter()
    let listeners = [
      ServedListener(listener, onFailure: { _, _ in failures.add(1) }) { connection in
        guard let byte = try await connection.read(exactly: 1)?.first else { return }
        if byte == 0 { throw Refusal() }
        try await connection.write([byte])
      },
      ServedListener(orderly) { connection in
        for try await chunk in connection.chunks { try await connection.write(chunk) }
      },
    ]
    async let report = listeners.serve(maxConnections: 200)
    let isOver = Counter()
    async let latencies = pingPong(orderly.localAddress, until: isOver)

    let connections = Counter()
    let thrown = Counter()
    let begin = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      for _ in 0..<16 {
        group.addTask {
          while run.next() {
            let isThrown = connections.add(1) % 10 == 0
            if isThrown { thrown.add(1) }
            try await visit(listener.localAddress, isThrown: isThrown)
          }
        }
      }
      try await group.waitForAll()
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    isOver.set(1)
    let pings = try await latencies
    try expectPrompt(pings.worst, "the orderly client's round trip")
    listeners.drain(grace: .seconds(10))
    let served = try await report
    try expect(served.failed, thrown.value, "failed handlers")
    try expect(failures.value, thrown.value, "failures that were reported")
    try expect(served.completed, connections.value - thrown.value + 1, "completed")
    let rate = decimal(Double(connections.value) / seconds, digits: 0)
    run.note(
      "\(connections.value) connections, \(rate)/s, \(thrown.value) thrown, ping \(pings.text)"
    )
  }

  /// A client whose handler throws, or answers with the byte that it was sent.
  private static func visit(_ address: SocketAddress, isThrown: Bool) async throws {
    try await TCPConnection.connect(to: address) { client in
      try await client.write([isThrown ? 0 : 1])
      let reply = try await client.read(upTo: 9)
      try expect(reply, isThrown ? nil : [1], "the reply")
      client.reset()  // so that no port stays in TIME_WAIT
    }
  }

  /// One client that goes on and on.
  private static func pingPong(
    _ address: SocketAddress,
    until isOver: Counter
  ) async throws -> Latencies {
    let latencies = Latencies()
    try await TCPConnection.connect(to: address) { client in
      while isOver.value == 0 {
        let begin = ContinuousClock.now
        try await client.write("x")
        try expect(try await client.read(exactly: 1), Array("x".utf8), "the echo")
        latencies.add(.now - begin)
        try await Task.sleep(for: .milliseconds(1))
      }
      try await client.finish()
      try expect(try await client.read(upTo: 1), nil, "the end")
    }
    return latencies
  }
}
