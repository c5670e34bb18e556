import Sockets

/// Hazards 11 and 49, A13: name servers that never answer.
///
/// A look-up blocks its thread in the C library. On the task pool two of them would stop a whole program
/// on a machine of two processors; on a pool of the library's own without a bound, a burst of them would
/// start a thousand threads. Here 64 go on at once, and neither an echo nor a ticker notices. Then they
/// are cancelled.
enum SilentResolver: Scenario {
  static let name = "H49"
  static let summary = "look-ups that nobody answers delay nothing, end in time, and cancel at once"
  static let size = Size.seconds(4, brief: 1.5)
  static let environment: String? = "Tests/Smoke/silent-resolver.sh"

  /// The resolver's own four, which hazard 49 allows beside those of I6.
  static let threads = 4

  static func run(_ run: Run) async throws {
    // Takes the questions that resolv.conf(5) sends here, and keeps them.
    let nameServer: UDPSocket
    do {
      nameServer = try await UDPSocket.bind(to: .loopback(port: 53))
    } catch {
      throw Failure("no silent name server here, use \(environment ?? ""): \(error)")
    }
    let (quiet, _) = try await measure(run)
    let (disturbed, cancellations) = try await measure(run, lookUps: 64)
    try await overrun(run)
    // The kernel now refuses what is still asked, so the threads end before they are counted.
    nameServer.close()
    run.note("alone: \(quiet); beside 64 look-ups: \(disturbed)")
    run.note("cancelled in \(cancellations.text)")
  }

  /// Measures an echo pair and a ticker on the task pool, beside so many look-ups.
  private static func measure(
    _ run: Run,
    lookUps count: Int = 0
  ) async throws -> (figures: String, cancellations: Latencies) {
    let cancellations = Latencies()
    let (echoes, ticks) = (Latencies(), Latencies())
    let end = ContinuousClock.now + .seconds((run.seconds ?? 1) / 2)
    let lookUps = (0..<count).map { number in
      Task {
        do {
          _ = try await SystemResolver().resolve(Endpoint(host: "silent\(number).test", port: 80))
          throw Failure("a look-up that nobody answers", expected: "no end", seen: "a result")
        } catch is CancellationError {
          return
        }
      }
    }
    var random = run.generator()
    let (near, far) = try await run.pair(&random)
    try await withThrowingTaskGroup { group in
      group.addTask { for try await chunk in far.chunks { try await far.write(chunk) } }
      group.addTask {
        while ContinuousClock.now < end {
          let begin = ContinuousClock.now
          try await near.write([1, 2, 3])
          try expect(try await near.read(exactly: 3), [1, 2, 3], "the echo")
          echoes.add(.now - begin)
          run.beat()
        }
        near.close()
      }
      group.addTask {
        while ContinuousClock.now < end {
          let due = ContinuousClock.now + .milliseconds(10)
          try await Task.sleep(until: due)
          ticks.add(.now - due)
        }
      }
      // Numbers need no thread, busy or not.
      let numeric = try Endpoint(host: "192.0.2.7", port: 80)
      let begin = ContinuousClock.now
      _ = try await SystemResolver().resolve(numeric)
      try expectPrompt(.now - begin, "a look-up of numbers")
      try await group.waitForAll()
    }
    far.close()
    for lookUp in lookUps {
      let begin = ContinuousClock.now
      lookUp.cancel()
      try await lookUp.value
      cancellations.add(.now - begin)
    }
    try expectPrompt(echoes.worst, "an echo")
    try expectPrompt(ticks.worst, "a tick")
    try expectPrompt(cancellations.worst, "a cancellation")
    let p99 = (echoes.quantile(0.99).text, ticks.quantile(0.99).text)
    return ("\(echoes.count) echoes, p99 \(p99.0), tick late p99 \(p99.1)", cancellations)
  }

  /// Lets look-ups run out of time, more at once than there are threads for them.
  private static func overrun(_ run: Run) async throws {
    let late = Latencies()
    try await withThrowingTaskGroup { group in
      for number in 0..<16 {
        group.addTask {
          for round in 0..<10 {
            let endpoint = try Endpoint(host: "late\(number)-\(round).test", port: 80)
            try await Deadlines.overrun(run, 1, late) {
              _ = try await SystemResolver().resolve(endpoint, deadline: $0)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    try expectPrompt(late.worst, "a resolve after its deadline")
    run.note("resolve late \(late.text)")
  }
}
