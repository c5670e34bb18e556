import SampleSupport
import Sockets

/// What must hold after every scenario, whatever it was: the numbers are those of the hazard list.
///
/// - I1: as many open descriptors as before.
/// - I2: no parked task, no registration, no timer (those of operations that ended in time may stay
///   until they fall due; scenarios keep their deadlines short).
/// - I3: no misused continuation, no trap: see ``runAll(_:)``, which watches the process from outside.
/// - I4: an idle processor: less than 0.5 % of one, besides what the watchdog takes, and at most two returns of
///   `epoll_wait` a second.
/// - I5: no more resident memory than after a first small run, give or take 2 MiB.
/// - I6: at most six threads more than processors.
struct Invariants {
  private let descriptors: [Int32]
  private let memory: Int

  /// The reactors that are watched besides the shared ones.
  static let reactors = Guarded<[Reactor]>([])

  /// Runs a scenario, first on a small scale to warm everything up.
  ///
  /// - Parameters:
  ///   - scenario: The scenario.
  ///   - arguments: Its size.
  ///   - seed: What its random choices follow from.
  /// - Returns: Its figures.
  /// - Throws: ``Failure``, or what the scenario threw.
  static func check(
    _ scenario: any Scenario.Type,
    _ arguments: Arguments,
    seed: UInt64
  ) async throws -> String {
    let (rounds, seconds) = (scenario.size.rounds, scenario.size.seconds)
    let isBrief = arguments.isBrief
    let allRounds = arguments.rounds ?? rounds.map { isBrief ? $0.brief : $0.full } ?? .max
    let allSeconds = arguments.seconds ?? seconds.map { isBrief ? $0.brief : $0.full }
    let small = Run(
      rounds: rounds.map { max(1, min(allRounds, $0.brief) / 5) } ?? .max,
      seconds: allSeconds.map { $0 / 10 },
      seed: seed &+ 1
    )
    try await warmUp()
    let watchdog = Watchdog(scenario.name)

    watchdog.watch(small)
    let atFirst = ProcessFigures.descriptors.count
    try await scenario.run(small)
    // What the small run has left to others to close must not count as open before the large one.
    _ = await eventually(within: .seconds(1)) { ProcessFigures.descriptors.count == atFirst }
    let before = Invariants()

    let begin = ContinuousClock.now
    let run = Run(rounds: allRounds, seconds: allSeconds, seed: seed)
    watchdog.watch(run)
    try await scenario.run(run)
    let duration = ContinuousClock.now - begin

    let idle = Run(rounds: 1, seconds: nil, seed: 0)
    watchdog.watch(idle)
    let figures = try await before.check(scenario, isBrief: isBrief, watchdog)
    watchdog.stop()
    return "\(run.notes) | \(decimal(duration / .seconds(1), digits: 1)) s, \(figures)"
  }

  /// Has everything opened that stays open: our own files, the shared reactors, and two timerfds of libdispatch: one
  /// for the first sleep that is not over at once, one for its look at its threads, which may come later.
  private static func warmUp() async throws {
    ProcessFigures.warmUp()
    _ = try Reactor.sharedReactors()
    for _ in 0..<100 {
      try await Task.sleep(for: .milliseconds(5))
      let targets = ProcessFigures.descriptors.map(ProcessFigures.target)
      if targets.count(where: { $0.contains("timerfd") }) == 2 { return }
    }
  }

  private init() {
    descriptors = ProcessFigures.descriptors
    memory = ProcessFigures.residentBytes
  }

  private func check(
    _ scenario: any Scenario.Type,
    isBrief: Bool,
    _ watchdog: Watchdog
  ) async throws -> String {
    try await checkDescriptors()
    try await checkReactors()
    let idle = try await checkIdle(isBrief ? .seconds(1) : .seconds(3))
    let growth = ProcessFigures.residentBytes - memory
    let limit = ProcessFigures.processors + 6 + scenario.threads
    if !ProcessFigures.isSanitized {
      if growth > scenario.memory {
        throw Failure("I5: memory grew, bytes", expected: "<= \(scenario.memory)", seen: growth)
      }
      let threads = watchdog.threads
      try expect(threads <= limit, "I6: at most \(limit) threads", seen: "\(threads)")
    }
    return "fds \(descriptors.count), rss \(decimal(Double(growth) / 1_048_576, digits: 1)) MiB, "
      + "threads \(watchdog.threads), idle \(idle)"
  }

  /// I1, with some patience for tasks that drop their last reference on another thread.
  private func checkDescriptors() async throws {
    let isBack = await eventually { ProcessFigures.descriptors.count == descriptors.count }
    if isBack { return }
    let extra = ProcessFigures.descriptors.filter { !descriptors.contains($0) }
    throw Failure(
      "I1: descriptors were left open or closed too often",
      expected: descriptors,
      seen: "\(ProcessFigures.descriptors), new: \(extra.map(ProcessFigures.target))"
    )
  }

  /// I2.
  private func checkReactors() async throws {
    let isBack = await eventually(within: .seconds(5)) {
      Statistics.all.allSatisfy {
        $0.registrations == 0 && $0.parkedReaders == 0 && $0.parkedWriters == 0 && $0.timers == 0
      }
    }
    if isBack { return }
    throw Failure(
      "I2: something is left in a reactor",
      expected: "nothing",
      seen: Statistics.text
    )
  }

  /// I4, in one of three windows.
  ///
  /// The process also pays for what the machine does in its name (page faults, interrupts), and after
  /// millions of jobs the task pool's threads may have wake-ups to work off for which there is no job left.
  /// What polls or spins does so in every window.
  private func checkIdle(_ time: Duration) async throws -> String {
    let most = ProcessFigures.isSanitized ? Double.infinity : 0.5
    var seen: [(share: Double, woken: Double)] = []
    repeat {
      let (cpu, returns) = (ProcessFigures.processorTime, Statistics.epollReturns)
      try await Task.sleep(for: time)
      let share = (ProcessFigures.processorTime - cpu) / time * 100
      let woken = Double(Statistics.epollReturns - returns) / (time / .seconds(1))
      if share < most, woken <= 2 { return "\(decimal(share, digits: 2)) %" }
      seen.append((share, woken))
    } while seen.count < 3
    throw Failure(
      "I4: idle takes too much",
      expected: "less than 0.5 % of a processor and at most 2 epoll returns a second",
      seen: seen
    )
  }
}

/// The statistics of all reactors that take part.
enum Statistics {
  /// Those of each reactor.
  static var all: [Reactor.Statistics] {
    let shared = (try? Reactor.sharedReactors()) ?? []
    return (shared + Invariants.reactors.copy).map(\.statistics)
  }

  /// How many tasks are parked.
  static var parked: Int { all.reduce(0) { $0 + $1.parkedReaders + $1.parkedWriters } }

  /// How many events came too late.
  static var staleEvents: UInt64 { all.reduce(0) { $0 + $1.staleEvents } }

  /// How often the reactors woke up.
  static var epollReturns: UInt64 { all.reduce(0) { $0 + $1.epollReturns } }

  /// For people.
  static var text: String {
    all.map {
      "registrations \($0.registrations), parked \($0.parkedReaders)+\($0.parkedWriters), "
        + "timers \($0.timers), stale \($0.staleEvents), epoll \($0.epollReturns), "
        + "wakes \($0.wakeWrites)"
    }.joined(separator: "\n            ")
  }
}

/// Waits for a condition that nothing announces.
///
/// - Parameters:
///   - limit: How long at most.
///   - condition: The condition.
/// - Returns: Whether it has come true.
func eventually(
  within limit: Duration = .seconds(3),
  _ condition: () -> Bool
) async -> Bool {
  let end = ContinuousClock.now + limit * ProcessFigures.patience
  var looks = 0
  while !condition() {
    if ContinuousClock.now > end { return false }
    looks += 1
    if looks < 100 { await Task.yield() } else { try? await Task.sleep(for: .milliseconds(1)) }
  }
  return true
}
