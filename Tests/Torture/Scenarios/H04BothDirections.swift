import Sockets

/// Hazard 4: one connection waits in both directions at once, and is released in both orders.
///
/// A library with one readiness word or one waiter for both directions lets the event of one clear or
/// strand the other; it shows only under full duplex.
enum BothDirections: Scenario {
  static let name = "H4"
  static let summary = "a parked read and a parked write do not disturb each other"
  static let size = Size.rounds(10_000, brief: 500)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let (near, far) = try await run.pair(&random)
    try RawSocket.setBuffers(of: near, to: 16_384)
    try RawSocket.setBuffers(of: far, to: 16_384)
    let pattern = Pattern(&random)
    let half = Array(pattern.bytes(at: 0, count: 65_000))
    let bytes = half + half
    var orders = [0, 0, 0]

    while run.next() {
      let read = Task(executorPreference: run.home(near.reactor, &random)) {
        try await near.read(upTo: 9)
      }
      let write = Task(executorPreference: run.home(near.reactor, &random)) {
        try await near.write(bytes)
      }
      try await expectParked(near, [1, 1], "both are parked")
      let order = random.pick(0...2)
      orders[order] += 1
      switch order {
      case 0:
        try await far.write([7])
        try expect(try await read.value, [7], "the byte")
        try await expectParked(near, [0, 1], "the write is still parked")
        try expect(try await far.read(exactly: bytes.count), bytes, "the bytes")
        try await write.value
      case 1:
        try expect(try await far.read(exactly: bytes.count), bytes, "the bytes")
        try await write.value
        try await expectParked(near, [1, 0], "the read is still parked")
        try await far.write([7])
        try expect(try await read.value, [7], "the byte")
      default:
        async let drained = far.read(exactly: bytes.count)
        try await far.write([7])
        try expect(try await read.value, [7], "the byte")
        try expect(try await drained, bytes, "the bytes")
        try await write.value
      }
    }
    near.close()
    far.close()
    run.note("read first \(orders[0]), write first \(orders[1]), both at once \(orders[2])")
  }

  /// Fails unless so many tasks are parked to read and to write, or soon will be.
  ///
  /// An event may wake one in vain. The tasks of the other end are at rest meanwhile.
  private static func expectParked(
    _ connection: TCPConnection,
    _ expected: [Int],
    _ what: String
  ) async throws {
    let isSo = await eventually {
      let statistics = connection.reactor.statistics
      return [statistics.parkedReaders, statistics.parkedWriters] == expected
    }
    try expect(isSo, what, seen: Statistics.text)
  }
}
