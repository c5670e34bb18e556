import Sockets

/// A10, hazards 6, 25: a writer that is faster than a reader who has stopped.
///
/// A library with a queue of its own grows until it is killed. One that takes the peer's half close
/// for a hang-up, or an edge for a reason to try, turns the wait into a loop. Here the writer sleeps,
/// the memory stays flat, and all bytes arrive once the reader goes on.
enum StoppedReader: Scenario {
  static let name = "A10"
  static let summary = "a stopped reader suspends the writer; memory stays flat"
  static let size = Size.seconds(6, brief: 1.5)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let pattern = Pattern(&random)
    let (writing, reading) = try await run.pair(&random)
    // Half closed already: the writer must sleep with RDHUP set.
    try await reading.finish()
    let isOver = Counter()
    let home = run.home(writing.reactor, &random)
    let writer = Task(executorPreference: home) {
      var sent = 0
      while isOver.value == 0 {
        let bytes = pattern.bytes(at: sent, count: 50_000)
        try await writing.write(bytes)
        sent += bytes.count
      }
      try await writing.finish()
      return sent
    }
    let isParked = await eventually { Statistics.all.contains { $0.parkedWriters == 1 } }
    try expect(isParked, "the writer is parked", seen: Statistics.text)
    let (memory, returns) = (ProcessFigures.residentBytesNow, Statistics.epollReturns)
    var peak = memory
    while run.hasTime {
      try await Task.sleep(for: .milliseconds(100))
      run.beat()
      peak = max(peak, ProcessFigures.residentBytesNow)
    }
    let woken = Statistics.epollReturns - returns
    if !ProcessFigures.isSanitized {
      try expect(peak - memory < 1 << 20, "memory stays flat", seen: "+\(peak - memory) bytes")
    }
    // The kernel may still move a little from one buffer to the other.
    try expect(woken <= 20, "the reactors sleep", seen: "\(woken) epoll returns")

    isOver.set(1)
    var received = 0
    while let bytes = try await reading.read(upTo: 65_000) {
      try pattern.check(bytes, at: received)
      received += bytes.count
    }
    try expect(received, try await writer.value, "bytes that arrived")
    try expect(try await writing.read(upTo: 1), nil, "the other direction")
    writing.close()
    reading.close()
    run.note("\(received) bytes, memory +\((peak - memory) / 1024) KiB, \(woken) epoll returns")
  }
}
