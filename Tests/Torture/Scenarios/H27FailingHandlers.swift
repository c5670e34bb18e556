import Glibc
import Sockets

/// Hazard 27: three hundred thousand short connections, and every tenth handler throws.
///
/// In a task group that collects results, each ended connection leaves a little; and an error that leaves
/// the group ends the server. Some handlers are cancelled, and on a reactor apart one blocks its thread
/// again and again. Beside all that, a client with an orderly handler notices nothing.
enum FailingHandlers: Scenario {
  static let name = "H27"
  static let summary = "300,000 short connections, every tenth handler throws: nothing piles up"
  static let size = Size.rounds(300_000, brief: 4_000)

  /// The thread of the reactor that is blocked.
  static let threads = 1

  private struct Refusal: Error {}

  /// What a client's byte makes of its handler.
  private enum Kind: UInt8 { case throwing, cancelled, orderly }

  static func run(_ run: Run) async throws {
    let listener = try await TCPListener.bind(to: run.loopback())
    let orderly = try await TCPListener.bind(to: run.loopback())
    let blocked = try await TCPListener.bind(
      to: run.loopback(),
      on: [try Reactor(name: "blocked")]
    )
    let failures = Counter()
    let listeners = [
      ServedListener(listener, onFailure: { _, _ in failures.add(1) }) { connection in
        guard let byte = try await connection.read(exactly: 1)?.first else { return }
        switch Kind(rawValue: byte) {
        case .throwing: throw Refusal()
        case .cancelled:
          try await withDeadline(in: .zero) { _ = try await connection.read(upTo: 1) }
        case .orderly, nil: try await connection.write([byte])
        }
      },
      ServedListener(blocked) { connection in
        for try await chunk in connection.chunks {
          usleep(20_000)
          try await connection.write(chunk)
        }
      },
      ServedListener(orderly) { connection in
        for try await chunk in connection.chunks { try await connection.write(chunk) }
      },
    ]
    async let report = listeners.serve(maxConnections: 200)
    let isOver = Counter()
    async let latencies = pingPong(orderly.localAddress, until: isOver)
    async let slow = pingPong(blocked.localAddress, until: isOver)

    let connections = Counter()
    let thrown = Counter()
    let cancelled = Counter()
    let begin = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      for _ in 0..<16 {
        group.addTask {
          while run.next() {
            let number = connections.add(1)
            let kind = number % 10 == 0 ? Kind.throwing : number % 10 == 1 ? .cancelled : .orderly
            if kind == .throwing { thrown.add(1) }
            if kind == .cancelled { cancelled.add(1) }
            try await visit(listener.localAddress, kind)
          }
        }
      }
      try await group.waitForAll()
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    isOver.set(1)
    let pings = try await latencies
    let blockedPings = try await slow
    try expectPrompt(pings.worst, "the orderly client's round trip")
    listeners.drain(grace: .seconds(10))
    let served = try await report
    try expect(served.failed, thrown.value, "failed handlers")
    try expect(failures.value, thrown.value, "failures that were reported")
    try expect(served.cancelled, cancelled.value, "cancelled")
    try expect(served.accepted, connections.value + 2, "accepted")
    let rate = decimal(Double(connections.value) / seconds, digits: 0)
    run.note(
      "\(connections.value) connections, \(rate)/s, \(thrown.value) thrown, ping \(pings.text), "
        + "where blocked \(blockedPings.text)"
    )
  }

  /// A client, and what it expects of its handler.
  private static func visit(_ address: SocketAddress, _ kind: Kind) async throws {
    try await TCPConnection.connect(to: address) { client in
      try await client.write([kind.rawValue])
      let reply = try await client.read(upTo: 9)
      try expect(reply, kind == .orderly ? [kind.rawValue] : nil, "the reply")
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
