import Sockets
import SocketsTesting

/// A1, hazards 3, 14, 15, 17: reads are cancelled at random moments while a numbered stream arrives.
///
/// A library that takes bytes from the kernel and then throws the cancellation loses them: a hole in
/// the stream. One that forgets a cancelled waiter hangs, or resumes it twice.
enum CancelledReads: Scenario {
  static let name = "A1"
  static let summary = "cancelled reads lose nothing"
  static let size = Size.rounds(10_000, brief: 600)

  static func run(_ run: Run) async throws {
    try await storm(run) { connection, limit in try await connection.read(upTo: limit) }
  }

  /// Cancels as many reads as the run has rounds, and compares what arrived with what was sent.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - read: Reads; given an amount.
  /// - Throws: ``Failure``, or what the library threw.
  static func storm(
    _ run: Run,
    read: @escaping @Sendable (TCPConnection, Int) async throws -> [UInt8]?
  ) async throws {
    var random = run.generator()
    let pattern = Pattern(&random)
    let (writing, reading) = try await run.pair(&random)
    let isOver = Counter()
    let latencies = Latencies()

    async let sent = write(pattern, to: writing, until: isOver, run.generator())
    var received = 0
    var reads = 0
    while run.begun.value < run.rounds, run.hasTime {
      run.beat()
      let amount = random.pick(1...6000)
      let home = run.home(reading.reactor, &random)
      let task = Task(executorPreference: home) { try await read(reading, amount) }
      await random.pause()
      let cancelled = ContinuousClock.now
      task.cancel()
      switch await task.result {
      case .success(let bytes?):
        try pattern.check(bytes, at: received)
        received += bytes.count
        reads += 1
      case .success(nil): throw Failure("the stream ended after \(received) bytes")
      case .failure(is CancellationError):
        latencies.add(.now - cancelled)
        run.begun.add(1)
      case .failure(let error): throw error
      }
    }
    isOver.set(1)
    while let bytes = try await reading.read(upTo: 60_000) {
      try pattern.check(bytes, at: received)
      received += bytes.count
    }
    try expect(received, try await sent, "bytes that arrived")
    try expectPrompt(latencies.worst, "a cancelled read")
    writing.close()
    reading.close()
    run.note(
      "\(latencies.count) cancelled, \(reads) returned, \(received) bytes, \(latencies.text)"
    )
  }

  /// Writes the numbered stream in pieces and with pauses, and ends it.
  ///
  /// - Returns: How many bytes it wrote.
  private static func write(
    _ pattern: Pattern,
    to connection: TCPConnection,
    until isOver: Counter,
    _ generator: SplitMix64
  ) async throws -> Int {
    var random = generator
    var sent = 0
    while isOver.value == 0 {
      let bytes = pattern.bytes(at: sent, count: random.pick(1...3000))
      try await connection.write(bytes)
      sent += bytes.count
      await random.pause()
    }
    try await connection.finish()
    return sent
  }
}
