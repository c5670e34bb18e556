import Sockets

/// Hazard 32: a thousand clients connect while a server is stopped.
///
/// A listening socket that is closed resets whom the kernel has queued: clients who were told that they are
/// connected. Here each is either served or refused.
enum ConnectingDuringStop: Scenario {
  static let name = "H32"
  static let summary = "clients that connect during a stop are served or refused, none is reset"
  static let size = Size.rounds(20, brief: 2)

  private static let clients = 1_000

  /// What became of a client.
  private enum Fate { case served, refused, reset }

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let fates = [Counter(), Counter(), Counter()]
    while run.next() {
      let listener = try await TCPListener.bind(to: run.loopback())
      let address = listener.localAddress
      async let report = listener.serve { connection in
        guard let bytes = try await connection.read(upTo: 1) else { return }
        try await connection.write(bytes)
      }
      let served = Counter()
      try await withThrowingTaskGroup { group in
        let begin = ContinuousClock.now
        for _ in 0..<clients {
          let start = begin + .microseconds(random.pick(0...20_000))
          group.addTask {
            try await Task.sleep(until: start)
            let fate = try await visit(address)
            if fate == .served { served.add(1) }
            fates[fate == .served ? 0 : fate == .refused ? 1 : 2].add(1)
            run.beat()
          }
        }
        try await Task.sleep(until: begin + .milliseconds(random.pick(5...20)))
        listener.drain(grace: .seconds(10))
        try await group.waitForAll()
      }
      try expect(try await report.completed, served.value, "clients served")
    }
    let text = "\(fates[0].value) served, \(fates[1].value) refused, \(fates[2].value) reset"
    run.note(text)
    try expect(fates[2].value == 0, "nobody is reset", seen: text)
  }

  private static func visit(_ address: SocketAddress) async throws -> Fate {
    let client: TCPConnection
    do {
      client = try await TCPConnection.connect(to: address)
    } catch let error as SocketError where error.code == .connectionRefused {
      return .refused
    } catch let error as SocketError where error.code == .connectionReset {
      return .reset  // before the connect could say that it had succeeded
    }
    defer { client.reset() }
    do {
      try await client.write("x")
      return try await client.read(exactly: 1) == nil ? .reset : .served
    } catch let error as SocketError {
      try expect(
        error.code == .connectionReset || error.code == .brokenPipe,
        "reset",
        seen: "\(error)"
      )
      return .reset
    }
  }
}
