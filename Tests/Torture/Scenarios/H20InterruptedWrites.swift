import Sockets
import SocketsTesting

/// Hazard 20: large writes are cancelled, or run out of time, at random moments.
///
/// A library that does not say how much went out makes every retry a corruption. Here the error's count
/// is exact: the next write continues from there, and the peer sees one unbroken stream. A second write
/// that is cancelled in the queue behind the first has sent nothing.
enum InterruptedWrites: Scenario {
  static let name = "H20"
  static let summary = "an interrupted write says exactly how much went out"
  static let size = Size.rounds(10_000, brief: 600)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let pattern = Pattern(&random)
    let (writing, reading) = try await run.pair(&random)
    try RawSocket.setBuffers(of: writing, to: 4096)
    try RawSocket.setBuffers(of: reading, to: 32_768)
    let home = run.home(reading.reactor, &random)
    let readers = run.generator()
    let received = Task(executorPreference: home) {
      var random = readers
      var received = 0
      while let bytes = try await reading.read(upTo: random.pick(1...40_000)) {
        try pattern.check(bytes, at: received)
        received += bytes.count
        if random.oneIn(3) { await random.pause() }
      }
      return received
    }

    var sent = 0
    var outcomes = ["whole": 0, "partly": 0, "not at all": 0]
    while run.next() {
      let home = run.home(writing.reactor, &random)
      let count: Int
      if random.oneIn(8) {
        count = try await intrude(on: writing, pattern, at: sent, home, &random)
      } else {
        let bytes = pattern.bytes(at: sent, count: random.pick(1...65_000))
        let limit = Duration.microseconds(random.pick(0...300))
        let deadline = random.oneIn(3) ? ContinuousClock.now + limit : nil
        let write = Task(executorPreference: home) {
          try await writing.write(bytes, deadline: deadline)
        }
        await random.pause(upTo: .microseconds(100))
        if deadline == nil { write.cancel() }
        count = try await outcome(of: write, bytes.count)
        let kind = count == bytes.count ? "whole" : count == 0 ? "not at all" : "partly"
        outcomes[kind, default: 0] += 1
      }
      sent += count
    }
    try await writing.finish()
    try expect(try await received.value, sent, "bytes that arrived")
    writing.close()
    reading.close()
    let counts = outcomes.sorted { $0.key < $1.key }.map { "\($1) \($0)" }
    run.note("\(sent) bytes; writes sent: \(counts.joined(separator: ", "))")
  }

  /// Cancels a write that is queued behind a long one, and then the long one.
  ///
  /// - Returns: How many bytes the long one has sent.
  private static func intrude(
    on connection: TCPConnection,
    _ pattern: Pattern,
    at position: Int,
    _ home: (any TaskExecutor)?,
    _ random: inout SplitMix64
  ) async throws -> Int {
    let pieces = (0..<50).map { Array(pattern.bytes(at: position + $0 * 60_000, count: 60_000)) }
    let isDone = Counter()
    let write = Task(executorPreference: home) {
      defer { isDone.set(1) }
      try await connection.write(gathering: pieces)
    }
    let hasBegun = await eventually {
      connection.reactor.statistics.parkedWriters > 0 || isDone.value == 1
    }
    try expect(hasBegun, "a long write waits", seen: Statistics.text)
    if isDone.value == 1 { return try await outcome(of: write, 50 * 60_000) }
    let intruder = Task(executorPreference: home) { try await connection.write("intruder") }
    await random.pause(upTo: .microseconds(20))
    intruder.cancel()
    let result = await intruder.result
    guard case .failure(is CancellationError) = result else {
      throw Failure("a write cancelled in the queue", expected: "nothing sent", seen: result)
    }
    write.cancel()
    return try await outcome(of: write, 50 * 60_000)
  }

  /// How many bytes a write has sent, by its own account.
  private static func outcome(of write: Task<Void, any Error>, _ count: Int) async throws -> Int {
    do {
      try await write.value
      return count
    } catch is CancellationError {
      return 0
    } catch let error as SocketError where error.code == .cancelled || error.code == .timedOut {
      let sent = error.bytesWritten ?? -1
      let least = error.code == .cancelled ? 1 : 0
      try expect((least..<count).contains(sent), "bytes of an interrupted write", seen: "\(error)")
      return sent
    }
  }
}
