import Sockets

/// A8: two thousand connections at once, each with a mebibyte to be sent back.
///
/// Whatever a library keeps for a connection, it keeps here two thousand times: a buffer of its own, a
/// queue of what is to be written. And with all of them busy at once, none may get bytes of another.
enum ManyEchoes: Scenario {
  static let name = "A8"
  static let summary = "2,000 connections echo a mebibyte each, in memory for a few"
  static let size = Size.rounds(2_000, brief: 200)

  /// The allocator keeps what the tasks of so many connections took.
  static let memory = 8 << 20

  /// How much each sends.
  private static let total = 1 << 20

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let pattern = Pattern(&random)
    let listener = try await TCPListener.bind(to: run.loopback())
    let peak = Counter()
    let before = ProcessFigures.residentBytesNow
    async let report = listener.serve { connection in
      for try await chunk in connection.chunks { try await connection.write(chunk) }
    }
    let begin = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      while run.next() {
        let offset = random.pick(0...65_520)
        group.addTask {
          try await echo(run, listener.localAddress, pattern, from: offset)
          peak.raise(to: ProcessFigures.residentBytesNow)
        }
      }
      try await group.waitForAll()
    }
    listener.drain(grace: .seconds(10))
    let served = try await report
    try expect(served.completed, min(run.begun.value - 1, run.rounds), "connections completed")
    let grown = (peak.value - before) >> 20
    if !ProcessFigures.isSanitized {
      try expect(grown < 200, "less than 200 MiB more memory", seen: "\(grown) MiB")
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    run.note(
      "\(served.completed) connections, \(served.peak) at once, +\(grown) MiB at most, "
        + "\(decimal(Double(served.completed) / seconds, digits: 0)) MiB/s each way"
    )
  }

  /// Sends a part of the pattern in pieces of any size, and reads it back meanwhile.
  private static func echo(
    _ run: Run,
    _ address: SocketAddress,
    _ pattern: Pattern,
    from offset: Int
  ) async throws {
    try await TCPConnection.connect(to: address) { client in
      async let sending: Void = {
        var random = run.generator()
        var sent = 0
        while sent < total {
          let count = min(total - sent, random.pick(1...65_521))
          try await client.write(pattern.bytes(at: offset + sent, count: count))
          sent += count
        }
        try await client.finish()
      }()
      var received = 0
      while let bytes = try await client.read(upTo: 65_521) {
        try pattern.check(bytes, at: offset + received)
        received += bytes.count
        run.beat()
      }
      try await sending
      try expect(received, total, "bytes that came back")
    }
  }
}
