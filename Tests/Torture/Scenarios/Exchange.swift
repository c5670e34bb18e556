import Sockets
import SocketsTesting

/// Numbered bytes both ways over one connection, cut short in all ways.
struct Exchange<Transport: StreamTransport> {
  private let ends: [SocketConnection<Transport>]

  /// The bytes of each direction, and how many.
  private let patterns: [Pattern]
  private let counts: [Int]

  /// When one of the ends is closed in the midst of it, and how; `nil` for an orderly end.
  private let abruptEnd: (after: Duration, resets: Bool)?

  private let dice: [SplitMix64]

  init(
    _ first: SocketConnection<Transport>,
    _ second: SocketConnection<Transport>,
    _ random: inout SplitMix64
  ) {
    ends = random.oneIn(2) ? [first, second] : [second, first]
    patterns = (0...1).map { _ in Schedules.patterns[random.pick(0...3)] }
    counts = [random.pick(0...8_000), random.pick(0...8_000)]
    let isAbrupt = random.oneIn(3)
    let after = Duration.microseconds(random.pick(0...20_000))
    abruptEnd = isAbrupt ? (after, random.oneIn(2)) : nil
    dice = (0..<4).map { _ in random.split() }
  }

  /// Runs it to its end.
  ///
  /// - Returns: How many bytes arrived, and how many operations were cut short.
  /// - Throws: ``Failure`` if a byte was lost, doubled or changed.
  func run() async throws -> Schedules.Outcome {
    defer { for end in ends { end.close() } }
    return try await withThrowingTaskGroup(of: Part.self) { group in
      for direction in 0...1 {
        group.addTask { try await write(direction) }
        group.addTask { try await read(direction) }
      }
      if let abruptEnd {
        let end = ends[0]
        group.addTask {
          try await Reactor.sleep(for: abruptEnd.after)
          if abruptEnd.resets { end.reset() } else { end.close() }
          return Part(kind: .end)
        }
      }
      var (sent, received) = ([0, 0], [0, 0])
      var outcome = Schedules.Outcome()
      for try await part in group {
        outcome.interruptions += part.interruptions
        switch part.kind {
        case .written(let direction): sent[direction] = part.count
        case .read(let direction): received[direction] = part.count
        case .end: break
        }
      }
      for direction in 0...1 {
        outcome.bytes += received[direction]
        if abruptEnd == nil {
          try expect(sent[direction], counts[direction], "bytes written in direction \(direction)")
          try expect(received[direction], sent[direction], "bytes read in direction \(direction)")
        } else {
          try expect(
            received[direction] <= sent[direction],
            "no more arrives than \(sent[direction])",
            seen: "\(received[direction])"
          )
        }
      }
      return outcome
    }
  }

  /// What one task has done.
  private struct Part {
    enum Kind { case written(Int), read(Int), end }
    var kind: Kind
    var count = 0
    var interruptions = 0
  }

  /// Whether an error is a consequence of the abrupt end.
  private func isExpected(_ error: any Error) -> Bool {
    guard abruptEnd != nil, let error = error as? SocketError else { return false }
    return [.closed, .connectionReset, .brokenPipe, .notConnected].contains(error.code)
  }

  private func write(_ direction: Int) async throws -> Part {
    let connection = ends[direction]
    var random = dice[direction]
    var part = Part(kind: .written(direction))
    do {
      while part.count < counts[direction] {
        let rest = counts[direction] - part.count
        if rest > 1, random.oneIn(8) {
          try await writeTogether(&part.count, min(rest, random.pick(2...4_000)), direction)
          continue
        }
        let bytes = patterns[direction].bytes(
          at: part.count,
          count: min(rest, random.pick(1...9_000))
        )
        do {
          try await cutShort(&random) { deadline in
            try await connection.write(bytes, deadline: deadline)
          }
          part.count += bytes.count
        } catch is CancellationError {
          part.interruptions += 1
        } catch let error as SocketError where error.code == .cancelled || error.code == .timedOut {
          part.count += error.bytesWritten ?? 0
          part.interruptions += 1
        }
        if random.oneIn(6) { try await Reactor.sleep(for: .microseconds(random.pick(0...3_000))) }
      }
      try await connection.finish()
    } catch let error where isExpected(error) {
      // What a failed write has sent is in its error.
      part.count += (error as? SocketError)?.bytesWritten ?? 0
    }
    return part
  }

  /// Writes in three tasks at once: in the order of their calls.
  private func writeTogether(_ position: inout Int, _ count: Int, _ direction: Int) async throws {
    let connection = ends[direction]
    let third = count / 3
    let bytes = patterns[direction].bytes(at: position, count: count)
    let start = bytes.startIndex
    async let first: Void = connection.write(bytes[start..<start + third])
    async let second: Void = connection.write(bytes[start + third..<start + 2 * third])
    async let last: Void = connection.write(bytes[(start + 2 * third)...])
    // One that fails says how much of it went out, and those behind it nothing.
    var failure: (any Error)?
    for length in [third, third, count - 2 * third].enumerated() {
      do {
        switch length.offset {
        case 0: try await first
        case 1: try await second
        default: try await last
        }
        position += length.element
      } catch {
        position += (error as? SocketError)?.bytesWritten ?? 0
        failure = failure ?? error
      }
    }
    guard let failure else { return }
    guard var error = failure as? SocketError else { throw failure }
    error.bytesWritten = nil  // counted already
    throw error
  }

  private func read(_ direction: Int) async throws -> Part {
    let connection = ends[1 - direction]
    let pattern = patterns[direction]
    var random = dice[2 + direction]
    var part = Part(kind: .read(direction))
    var isExact = true
    do {
      while true {
        let limit = random.pick(1...3_000)
        let exactly = isExact && random.oneIn(3)
        do {
          let chunk = try await cutShort(&random) { deadline in
            exactly
              ? try await connection.read(exactly: limit, deadline: deadline)
              : try await connection.read(upTo: limit, deadline: deadline)
          }
          guard let chunk else { return part }
          try pattern.check(chunk, at: part.count)
          part.count += chunk.count
        } catch is CancellationError {
          part.interruptions += 1
        } catch let error as SocketError where error.code == .timedOut || error.code == .cancelled {
          part.interruptions += 1
        } catch let error as SocketError where error.code == .unexpectedEndOfStream {
          isExact = false  // what there is can be read without insisting
        }
        if random.oneIn(6) { try await Reactor.sleep(for: .microseconds(random.pick(0...3_000))) }
      }
    } catch let error where isExpected(error) {
      return part
    }
  }

  /// Performs an operation: to its end, or with a deadline, or cancelled after a while.
  private func cutShort<Value: Sendable>(
    _ random: inout SplitMix64,
    _ operation: @Sendable (ContinuousClock.Instant?) async throws -> Value
  ) async throws -> Value {
    let limit = Duration.microseconds(random.pick(0...2_500))
    let kind = random.pick(0...3)
    let end = ContinuousClock.now + limit
    let result = await Result.catching {
      switch kind {
      case 0: try await operation(end)
      case 1: try await withDeadline(end) { try await operation(nil) }
      default: try await operation(nil)
      }
    }
    if kind < 2 {
      // Timers are as fine as a millisecond; nothing else takes time here.
      let late = end.duration(to: .now)
      try expect(late <= .milliseconds(1), "in time", seen: "\(late) late: \(result)")
    }
    return try result.get()
  }
}
