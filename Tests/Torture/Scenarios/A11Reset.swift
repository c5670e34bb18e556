import Sockets

/// A11, hazards 36, 37: a hundred bytes, then a reset.
///
/// The kernel reports a reset once; the next read says "end of stream". A library that spends that one
/// report on a look at `SO_ERROR`, or on a failed write, passes a cut stream off as a whole one; one
/// that closes at the reset loses the bytes before it. Here: the bytes, then the reset, again and again,
/// whoever looks first.
enum ResetAfterData: Scenario {
  static let name = "A11"
  static let summary = "data, then a reset that stays a reset"
  static let size = Size.rounds(1_000, brief: 150)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let listener = try await TCPListener.bind(to: run.loopback())
    let data = (0..<100).map { UInt8($0) }
    var kinds = [0, 0, 0]
    while run.next() {
      let (near, far) = try await run.pair(through: listener, on: run.reactor(&random))
      let kind = random.pick(0...2)
      kinds[kind] += 1
      let home = run.home(near.reactor, &random)
      switch kind {
      case 0:  // a reader is parked when both come
        let reader = Task(executorPreference: home) { try await readAll(near) }
        if random.oneIn(2) { _ = await eventually { Statistics.parked == 1 } }
        try await far.write(data)
        await random.pause(upTo: .microseconds(50))
        far.reset()
        try expect(try await reader.value, data, "the bytes before the reset")
      case 1:  // nobody looks until both have come
        try await far.write(data)
        far.reset()
        let bytes = try await Task(executorPreference: home) { try await readAll(near) }.value
        try expect(bytes, data, "the bytes before the reset")
      default:  // a write meets the reset first
        try await far.write(data)
        far.reset()
        try await expectFailure(of: "the first write") { try await near.write(data) }
        let bytes = try await Task(executorPreference: home) { try await readAll(near) }.value
        try expect(bytes, data, "the bytes before the reset")
      }
      for _ in 0..<2 {
        try await expectReset(of: "a read after the reset") { _ = try await near.read(upTo: 200) }
      }
      try await expectFailure(of: "a write after the reset") { try await near.write(data) }
      try await expectReset(of: "a read after that") { _ = try await near.read(upTo: 200) }
      near.close()
    }
    listener.close()
    run.note("reader parked \(kinds[0]), nobody looking \(kinds[1]), write first \(kinds[2])")
  }

  /// Reads until the reset.
  private static func readAll(_ connection: TCPConnection) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      while let more = try await connection.read(upTo: 200) { bytes += more }
    } catch let error as SocketError where error.code == .connectionReset {
      return bytes
    }
    throw Failure("a reset after \(bytes.count) bytes passes for the end of the stream")
  }

  private static func expectReset(
    of what: String,
    _ body: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    do {
      try await body()
      throw Failure(what, expected: "connection reset", seen: "success or the end")
    } catch let error as SocketError {
      try expect(error.code, .connectionReset, what)
    }
  }

  private static func expectFailure(
    of what: String,
    _ body: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    do {
      try await body()
      throw Failure(what, expected: "connection reset or broken pipe", seen: "success")
    } catch let error as SocketError {
      let codes: [SocketError.Code] = [.connectionReset, .brokenPipe]
      try expect(codes.contains(error.code), what, seen: "\(error)")
    }
  }
}
