import Sockets

/// A13, hazards 10, 17: deadlines of every kind of wait; and data that arrives just as one passes.
///
/// A library that rounds a deadline down fires early, or spins through the last millisecond; one
/// whose timer throws after the bytes were taken loses them. Here none is early, and what arrives at
/// the deadline is returned, or is there for the next read.
enum Deadlines: Scenario {
  static let name = "A13"
  static let summary = "deadlines are never early, and data that races them is not lost"
  static let size = Size.rounds(5_000, brief: 500)

  /// The busy reads hold up to a hundred MiB, of which the allocator keeps shreds; it levels off.
  static let memory = 128 << 20

  static func run(_ run: Run) async throws {
    let rounds = max(2, min(30, run.rounds / 100))
    let late = try await measure(run, rounds)
    for (name, latencies) in late + [("busy read", try await overrunBusily(run, rounds / 3))] {
      try expectPrompt(latencies.worst, "a \(name) after its deadline")
      run.note("\(name) late \(latencies.text)")
    }
    try await race(run)
  }

  /// Lets each operation run out of time, several at once.
  private static func measure(
    _ run: Run,
    _ rounds: Int
  ) async throws -> [(name: String, Latencies)] {
    var random = run.generator()
    let (near, far) = try await run.pair(&random)
    let listener = try await TCPListener.bind(to: run.loopback(), backlog: 0)
    let names = ["read", "write", "accept", "connect", "receive", "first ready"]
    let late = names.map { ($0, Latencies()) }
    let filler = try await TCPConnection.connect(to: listener.localAddress)

    try await withThrowingTaskGroup { group in
      group.addTask(executorPreference: run.home(near.reactor, &random)) {
        try await overrun(run, rounds, late[0].1) { _ = try await near.read(upTo: 9, deadline: $0) }
      }
      group.addTask(executorPreference: run.home(near.reactor, &random)) {
        try await overrun(run, rounds, late[1].1) { try await near.write(flood, deadline: $0) }
      }
      group.addTask {
        let silent = try await TCPListener.bind(to: run.loopback())
        try await overrun(run, rounds, late[2].1) { _ = try await silent.accept(deadline: $0) }
        silent.close()
      }
      group.addTask {
        try await overrun(run, rounds, late[3].1) { deadline in
          while true {  // the queue of a full listener has room for a few
            let address = listener.localAddress
            let filler = try await TCPConnection.connect(to: address, deadline: deadline)
            fillers.withLock { $0.append(filler) }
          }
        }
      }
      group.addTask {
        let silent = try await UDPSocket.bind(to: run.loopback())
        try await overrun(run, rounds, late[4].1) { _ = try await silent.receive(deadline: $0) }
        silent.close()
      }
      group.addTask {
        let silent = try await TCPListener.bind(to: run.loopback())
        try await overrun(run, rounds, late[5].1) { deadline in
          _ = try await firstReady(of: [silent.acceptable], deadline: deadline)
        }
        silent.close()
      }
      try await group.waitForAll()
    }
    for filler in [filler, near, far] + fillers.copy { filler.reset() }
    fillers.withLock { $0 = [] }
    listener.close()
    return late
  }

  /// Lets exact reads run out of time that always have something to read.
  private static func overrunBusily(_ run: Run, _ rounds: Int) async throws -> Latencies {
    var random = run.generator()
    let late = Latencies()
    for _ in 0..<rounds {
      let (near, far) = try await run.pair(&random)
      let feed = Task { while true { try await far.write(flood) } }
      try await overrun(run, 1, late) { _ = try await near.read(exactly: 1 << 30, deadline: $0) }
      near.reset()
      _ = await feed.result
      far.close()
    }
    return late
  }

  private static let fillers = Guarded<[TCPConnection]>([])

  /// Runs an operation without an end into a deadline of 30 ms, so many times.
  static func overrun(
    _ run: Run,
    _ rounds: Int,
    _ late: Latencies,
    _ body: nonisolated(nonsending) (ContinuousClock.Instant) async throws -> Void
  ) async throws {
    for _ in 0..<rounds {
      run.beat()
      let deadline = ContinuousClock.now + .milliseconds(30)
      do {
        try await body(deadline)
        throw Failure("an operation without an end", expected: "timed out", seen: "success")
      } catch let error as SocketError {
        try expect(error.code, .timedOut, "the reason")
      }
      let now = ContinuousClock.now
      try expect(now >= deadline, "not before the deadline", seen: (deadline - now).text + " early")
      late.add(now - deadline)
    }
  }

  /// Lets a byte arrive about when the deadline passes.
  private static func race(_ run: Run) async throws {
    let returned = Counter()
    let timedOut = Counter()
    try await withThrowingTaskGroup { group in
      for _ in 0..<16 {
        group.addTask {
          var random = run.generator()
          let (near, far) = try await run.pair(&random)
          while run.next() {
            let byte = UInt8(random.pick(0...255))
            let deadline = ContinuousClock.now + .microseconds(random.pick(500...4000))
            let home = run.home(near.reactor, &random)
            let read = Task(executorPreference: home) {
              byte % 2 == 0
                ? try await near.read(exactly: 1, deadline: deadline)
                : try await near.read(upTo: 1, deadline: deadline)
            }
            try? await Task.sleep(until: deadline - .microseconds(300))
            spin(until: deadline + .microseconds(random.pick(-150...150)))
            try await far.write([byte])
            switch await read.result {
            case .success(let bytes):
              try expect(bytes, [byte], "the byte that came in time")
              returned.add(1)
            case .failure(let error as SocketError) where error.code == .timedOut:
              try expect(.now >= deadline, "not before the deadline", seen: "early")
              try expect(try await near.read(upTo: 9), [byte], "the byte that came too late")
              timedOut.add(1)
            case .failure(let error): throw error
            }
          }
          near.close()
          far.close()
        }
      }
      try await group.waitForAll()
    }
    run.note("races: \(returned.value) returned, \(timedOut.value) timed out")
  }
}
