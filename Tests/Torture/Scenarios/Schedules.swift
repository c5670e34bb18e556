import Sockets
import SocketsTesting

/// Every order that a kernel may choose: each round is one seed of a simulated network whose kernel does whatever a
/// kernel may do.
///
/// Short counts, signals, calls that would block after all, events that are late, merged, in another order, or tell
/// nothing new; and a program that cancels, runs out of time, half-closes, closes and resets. A wait that nothing
/// ends is found at once: the network's time jumps to the limit of the round.
enum Schedules: Scenario {
  static let name = "orders"
  static let summary =
    "streams over a simulated kernel that makes use of all its freedom, a seed each round"
  static let size = Size.rounds(50_000, brief: 10_000)
  static let threads = 2

  static func run(_ run: Run) async throws {
    var seeds = run.generator()
    var (first, count, bytes, interruptions) = (true, 0, 0, 0)
    while run.next() {
      // The first seed is the run's own: so a round that failed is repeated by its number alone.
      let seed = first && run.rounds == 1 ? run.seed : seeds.next() >> 32
      first = false
      do {
        let outcome = try await round(seed: seed)
        count += 1
        bytes += outcome.bytes
        interruptions += outcome.interruptions
      } catch {
        throw Failure("seed \(seed): \(error)\nalone: torture orders --rounds 1 --seed \(seed)")
      }
    }
    run.note("\(count) seeds, \(bytes) bytes, \(interruptions) operations cut short")
  }

  /// What one round came to.
  struct Outcome: Sendable {
    var bytes = 0
    var interruptions = 0
  }

  /// What is sent: made once, since it costs more than a round.
  static let patterns: [Pattern] = {
    var random = SplitMix64(seed: 1)
    return (0...3).map { _ in Pattern(&random) }
  }()

  /// For how long a round may last in its own time, which is far more than it needs.
  private static let limit = Duration.seconds(3_600)

  private static func round(seed: UInt64) async throws -> Outcome {
    try await SimulatedNetwork.run(seed: seed) { network in
      var random = SplitMix64(seed: seed ^ 0x6F72_6465_7273)
      unsettle(network, &random)
      let dice = random.split()
      let start = ContinuousClock.now
      let outcome = await Result.catching {
        try await withDeadline(start + limit) {
          var dice = dice
          return dice.oneIn(4) ? try await overUnix(&dice) : try await overTCP(&dice)
        }
      }
      // The cancellation at the limit is what lets a round end that would wait for ever.
      try expect(ContinuousClock.now < start + limit, "nothing waits for ever", seen: "\(outcome)")
      try await checkNothingIsLeft(of: network)
      return try outcome.get()
    }
  }

  /// Makes the network and its kernel as unreliable as chance says.
  private static func unsettle(_ network: SimulatedNetwork, _ random: inout SplitMix64) {
    var calls = CallFaults()
    func chance(_ random: inout SplitMix64) -> Double {
      random.oneIn(3) ? 0 : Double(random.pick(1...60)) / 100
    }
    calls.shortTransfers = chance(&random)
    calls.interruptions = chance(&random)
    calls.postponements = chance(&random)
    calls.lateEvents = chance(&random)
    calls.spuriousEvents = chance(&random)
    calls.reordersEvents = random.oneIn(2)
    network.calls = calls
    network.bufferSize = random.pick(1...4) * random.pick(300...6_000)
    let (latency, jitter) = (random.pick(0...2_000), random.pick(0...2_000))
    let isFar = random.oneIn(2)
    let bandwidth = random.oneIn(4) ? random.pick(50_000...5_000_000) : nil
    network.links { link in
      if isFar {
        link.latency = .microseconds(latency)
        link.jitter = .microseconds(jitter)
      }
      link.bandwidth = bandwidth
    }
  }

  private static func checkNothingIsLeft(of network: SimulatedNetwork) async throws {
    // What has ended may have an event on its way.
    try await Reactor.sleep(for: .seconds(1))
    let statistics = network.reactor.statistics
    try expect(statistics.parkedReaders, 0, "parked readers")
    try expect(statistics.parkedWriters, 0, "parked writers")
    try expect(statistics.registrations, 0, "registrations")
    try expect(network.openDescriptors, 0, "open descriptors")
  }

  private static func overTCP(_ random: inout SplitMix64) async throws -> Outcome {
    let listener = try await TCPListener.bind(to: SocketAddress("10.0.0.1", port: 80))
    return try await exchange(through: listener, &random) {
      try await TCPConnection.connect(to: listener.localAddress)
    }
  }

  private static func overUnix(_ random: inout SplitMix64) async throws -> Outcome {
    let listener = try await UnixListener.bind(to: .path("/run/orders"))
    return try await exchange(through: listener, &random) {
      try await UnixConnection.connect(to: .path("/run/orders"))
    }
  }

  /// A few connections, each with bytes both ways.
  private static func exchange<Transport: StreamTransport>(
    through listener: SocketListener<Transport>,
    _ random: inout SplitMix64,
    connect: @escaping @Sendable () async throws -> SocketConnection<Transport>
  ) async throws -> Outcome {
    defer { listener.close() }
    let count = random.pick(1...3)
    return try await withThrowingTaskGroup(of: Outcome.self) { group in
      for _ in 0..<count {
        // One after the other, so that both ends of a connection are known.
        async let connecting = connect()
        let accepted = try await listener.accept()
        let connected = try await connecting
        let dice = random.split()
        group.addTask {
          var dice = dice
          return try await Exchange(connected, accepted, &dice).run()
        }
      }
      var sum = Outcome()
      for try await outcome in group {
        sum.bytes += outcome.bytes
        sum.interruptions += outcome.interruptions
      }
      return sum
    }
  }
}

extension Result where Failure == any Error {
  /// The result of a body, or its error.
  static func catching(
    _ body: () async throws -> Success
  ) async -> Result<Success, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}
