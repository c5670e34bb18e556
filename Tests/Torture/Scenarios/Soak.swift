import Glibc
import SampleSupport
import Sockets

/// Mixed traffic for as long as one likes, while the process's figures are noted twenty times a minute or more.
///
/// What leaks a little each time, or fragments memory, is seen after a while only: of everything that the other
/// scenarios do, here is some, all at once and at a moderate pace. `Tests/Soak/run` keeps the figures and
/// draws them.
enum Soak: Scenario {
  static let name = "soak"
  static let summary =
    "mixed traffic for as long as one likes (--seconds), at a fifth of a processor"

  /// The first small run is a tenth of it: within less than two seconds not all kinds of traffic have had their turn,
  /// and what they take the first time would count as growth.
  static let size = Size.seconds(60, brief: 20)

  static func run(_ run: Run) async throws {
    let listener = try await TCPListener.bind(to: run.loopback())
    let figures = SoakFigures(run)
    let traffic = SoakTraffic(run: run, address: listener.localAddress)
    async let report = listener.serve { connection in
      do {
        for try await chunk in connection.chunks { try await connection.write(chunk) }
      } catch let error as SocketError
        where [.connectionReset, .brokenPipe].contains(error.code)
      {
        // Its client has ended abruptly, which is a part of the traffic.
      }
    }
    // The figures first: their file is open before anything else is.
    async let noted: Void = figures.note()
    try await withThrowingTaskGroup { group in
      for _ in 0..<4 { group.addTask { try await traffic.churn() } }
      for _ in 0..<100 { group.addTask { try await traffic.idle() } }
      group.addTask { try await traffic.bulk() }
      group.addTask { try await traffic.halfClose() }
      group.addTask { try await traffic.cancelStorm() }
      group.addTask { try await traffic.datagrams() }
      group.addTask { try await traffic.descriptors() }
      try await group.waitForAll()
    }
    listener.drain(grace: .seconds(10))
    let served = try await report
    try await noted
    try expect(served.failed, 0, "failed handlers")
    run.note("\(served.accepted) connections, \(traffic.counts)")
  }
}

/// The figures of the process over time: a row of comma-separated values each second, or every 3 seconds if it
/// takes long, in the file that the environment's `SOAK_CSV` names.
private struct SoakFigures {
  private let run: Run
  private let file: Int32

  init(_ run: Run) {
    self.run = run
    let path = unsafe getenv("SOAK_CSV").map { unsafe String(cString: $0) } ?? "/dev/null"
    file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  }

  func note() async throws {
    defer { close(file) }
    try write("seconds,resident_kib,descriptors,threads,parked,registrations,timers,cpu_seconds")
    let begin = ContinuousClock.now
    let pause = Duration.seconds((run.seconds ?? 0) > 300 ? 3 : 1)
    while run.hasTime {
      let all = Statistics.all
      let fields = [
        decimal((ContinuousClock.now - begin) / .seconds(1), digits: 1),
        "\(ProcessFigures.residentBytesNow / 1024)",
        "\(ProcessFigures.descriptors.count)",
        "\(ProcessFigures.threads)",
        "\(Statistics.parked)",
        "\(all.reduce(0) { $0 + $1.registrations })",
        "\(all.reduce(0) { $0 + $1.timers })",
        decimal(ProcessFigures.processorTime / .seconds(1), digits: 2),
      ]
      try write(fields.joined(separator: ","))
      try await Reactor.sleep(for: pause)
    }
  }

  private func write(_ row: String) throws {
    let line = row + "\n"
    let count = unsafe Glibc.write(file, line, line.utf8.count)
    try expect(count, line.utf8.count, "bytes of a row")
  }
}
