import Sockets
import SocketsTesting

/// A4, hazards 19, 47: connecting is cancelled, or runs out of time, towards a port that never answers;
/// and towards one that does.
///
/// A library that forgets the descriptor or its registration leaks one with every timeout; the next
/// socket of that number inherits its events. What never answers is a listener whose queue is full:
/// the kernel drops every further SYN.
enum CancelledConnects: Scenario {
  static let name = "A4"
  static let summary = "cancelled and timed out connects leave no descriptor"
  static let size = Size.rounds(5_000, brief: 500)

  static func run(_ run: Run) async throws {
    let full = try await TCPListener.bind(to: run.loopback(), backlog: 0)
    let fillers = try await fill(full)
    let open = try await TCPListener.bind(to: run.loopback())
    let figures = Figures()

    try await withThrowingTaskGroup { group in
      group.addTask { for try await connection in open.connections { connection.close() } }
      try await withThrowingTaskGroup { workers in
        for _ in 0..<16 {
          workers.addTask {
            var random = run.generator()
            while run.next() {
              switch random.pick(0...4) {
              case 0, 1: try await timeOut(full, run, &random, figures)
              case 2, 3: try await cancel(full, run, &random, figures)
              default: try await cancel(open, run, &random, figures)
              }
            }
          }
        }
        try await workers.waitForAll()
      }
      open.close()
      try await group.waitForAll()
    }
    for filler in fillers { filler.reset() }
    full.close()
    try expectPrompt(figures.late.worst, "a cancelled or overdue connect")
    run.note(
      "\(figures.timedOut.value) timed out, \(figures.cancelled.value) cancelled, "
        + "\(figures.connected.value) connected first, late by \(figures.late.text)"
    )
  }

  private final class Figures: Sendable {
    let timedOut = Counter()
    let cancelled = Counter()
    let connected = Counter()
    let late = Latencies()
  }

  /// Fills a listener's queue until a connect gets no answer.
  ///
  /// - Returns: The connections in the queue.
  static func fill(_ listener: TCPListener) async throws -> [TCPConnection] {
    var fillers: [TCPConnection] = []
    while fillers.count < 10 {
      do {
        let deadline = ContinuousClock.now + .milliseconds(100)
        let address = listener.localAddress
        fillers.append(try await TCPConnection.connect(to: address, deadline: deadline))
      } catch let error as SocketError where error.code == .timedOut {
        return fillers
      }
    }
    throw Failure("a listener with a backlog of 0 takes \(fillers.count) clients")
  }

  private static func timeOut(
    _ listener: TCPListener,
    _ run: Run,
    _ random: inout SplitMix64,
    _ figures: Figures
  ) async throws {
    let deadline = ContinuousClock.now + .microseconds(random.pick(-100...5000))
    do {
      let connection = try await TCPConnection.connect(
        to: listener.localAddress,
        deadline: deadline,
        on: run.reactor(&random)
      )
      throw Failure("connected to a full listener: \(connection.localAddress)")
    } catch let error as SocketError {
      try expect(error.code, .timedOut, "the reason")
      try expect(.now >= deadline, "not before the deadline", seen: "early")
      figures.late.add(.now - deadline)
      figures.timedOut.add(1)
    }
  }

  private static func cancel(
    _ listener: TCPListener,
    _ run: Run,
    _ random: inout SplitMix64,
    _ figures: Figures
  ) async throws {
    let reactor = try run.reactor(&random)
    let task = Task(executorPreference: run.home(reactor, &random)) {
      try await TCPConnection.connect(to: listener.localAddress, on: reactor)
    }
    await random.pause(upTo: .milliseconds(2))
    let cancelled = ContinuousClock.now
    task.cancel()
    switch await task.result {
    case .success(let connection):
      figures.connected.add(1)
      connection.close()
    case .failure(is CancellationError):
      figures.late.add(.now - cancelled)
      figures.cancelled.add(1)
    case .failure(let error): throw error
    }
  }
}
