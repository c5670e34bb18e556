import Sockets

/// A21, hazard 33: a server is stopped while a hundred clients are idle, ten busy, and ten do not read what
/// they are sent.
///
/// A library that waits for all of them waits for ever; one that waits for none cuts off those who were
/// nearly done. Here who is done in time is done, and the rest is over when the grace is.
enum Drain: Scenario {
  static let name = "A21"
  static let summary = "a drain ends when its grace does: the busy are done, nobody is left"
  static let size = Size.rounds(10, brief: 1)

  private static let grace = Duration.seconds(2)

  static func run(_ run: Run) async throws {
    let over = Latencies()
    var last: ServeReport?
    while run.next() {
      let (late, report) = try await stop(run)
      try expect(late >= .zero, "not before the grace is over", seen: late.text)
      try expectPrompt(late, "the end after the grace")
      over.add(late)
      last = report
    }
    run.note(
      "after the grace of 2 s: \(over.text); \(last?.drained ?? 0) drained, \(last?.reset ?? 0) reset"
    )
  }

  /// What a client says at first, and its handler does.
  private enum Kind: UInt8, CaseIterable { case idle, busy, deaf, stubborn }

  private static func stop(_ run: Run) async throws -> (late: Duration, ServeReport) {
    let listener = try await TCPListener.bind(to: run.loopback())
    let address = listener.localAddress
    let begun = Counter()
    let running = Counter()
    async let report = listener.serve { connection in
      running.add(1)
      defer { running.add(-1) }
      let kind = try await connection.read(exactly: 1).flatMap { Kind(rawValue: $0[0]) }
      begun.add(1)
      switch kind {
      case .busy:
        try await connection.waitUntilDraining()
        try await Task.sleep(for: .milliseconds(500))
        try await connection.write("done")
      case .deaf: while true { try await connection.write(flood) }
      case .stubborn: while !connection.isClosed { await Task.yield() }  // heeds no cancellation
      case .idle, nil:
        for try await chunk in connection.chunks { try await connection.write(chunk) }
      }
    }
    var clients: [(Kind, TCPConnection)] = []
    for (kind, count) in [(Kind.idle, 100), (.busy, 10), (.deaf, 10), (.stubborn, 1)] {
      for _ in 0..<count {
        let client = try await TCPConnection.connect(to: address)
        try await client.write([kind.rawValue])
        clients.append((kind, client))
      }
    }
    let isReady = await eventually { begun.value == clients.count }
    try expect(isReady, "all handlers have begun", seen: "\(begun.value)")

    let begin = ContinuousClock.now
    listener.drain(grace: grace)
    let isClosed = await eventually(within: .seconds(1)) { listener.isClosed }
    try expect(isClosed, "the listener is closed at once", seen: "open")
    do {
      try await TCPConnection.connect(to: address).close()
      throw Failure("a client was let in while draining")
    } catch let error as SocketError {
      try expect(error.code, .connectionRefused, "the reason")
    }
    let served = try await report
    let late = ContinuousClock.now - begin - grace
    try expect(running.value, 0, "handlers that are left")
    try expect(served.accepted, clients.count, "accepted")
    try expect(served.drained, 10 + 1, "completed while draining")
    try expect(served.cancelled, 110, "cancelled")
    try expect(served.failed, 0, "failed")
    for (kind, client) in clients {
      if kind == .busy {
        try expect(try await client.read(exactly: 4), Array("done".utf8), "the last reply")
      }
      client.reset()
    }
    return (late, served)
  }
}
