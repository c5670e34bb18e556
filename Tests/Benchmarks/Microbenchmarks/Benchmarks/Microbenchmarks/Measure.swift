import Benchmark
import Glibc
import Sockets

/// How often one iteration of a benchmark does what it measures: so often that the clock's own cost, and that of
/// starting a few tasks, is no part of the result.
let operations = 10_000

/// The reactor of the benchmarks.
let reactor = makeReactor()

/// Another one, for what crosses threads.
let secondReactor = makeReactor()

private func makeReactor() -> Reactor {
  do { return try Reactor() } catch { fatalError("no reactor: \(error)") }
}

extension BenchmarkMetric {
  /// The time that all threads of the process were on a processor, in nanoseconds.
  ///
  /// The harness's own figure comes in steps of 10 ms.
  static let processorTime = BenchmarkMetric.custom("Processor time (ns)")
}

private var configuration: Benchmark.Configuration {
  Benchmark.Configuration(
    metrics: [.wallClock, .throughput, .processorTime],
    warmupIterations: 3,
    scalingFactor: .one,
    maxDuration: .seconds(1),
    maxIterations: 10_000
  )
}

/// Measures something that no task waits for.
///
/// - Parameters:
///   - name: The benchmark's family, a colon, and its name in it; the yardstick of a family says so.
///   - prepare: Makes what `run` works on, and is not measured.
///   - run: Does it ``operations`` times.
func measure<State>(
  _ name: String,
  prepare: @escaping @Sendable () throws -> State,
  _ run: @escaping @Sendable (inout State) throws -> Void
) {
  Benchmark(name, configuration: configuration) { benchmark in
    var state = try prepare()
    let before = processorTime()
    benchmark.startMeasurement()
    try run(&state)
    benchmark.stopMeasurement()
    benchmark.measurement(.processorTime, processorTime() - before)
  }
}

/// As ``measure(_:prepare:_:)``, with nothing to prepare.
func measure(_ name: String, _ run: @escaping @Sendable () throws -> Void) {
  measure(name, prepare: {}, { _ in try run() })
}

/// Measures something that tasks wait for.
///
/// - Parameters:
///   - name: As in ``measure(_:prepare:_:)``.
///   - executor: The executor that the tasks prefer.
///   - prepare: Makes what `run` works on, and is not measured.
///   - run: Does it ``operations`` times.
func measure<State: Sendable>(
  _ name: String,
  on executor: any TaskExecutor,
  prepare: @escaping @Sendable () throws -> State,
  _ run: @escaping @Sendable (State) async throws -> Void
) {
  Benchmark(name, configuration: configuration) { (benchmark: Benchmark) async throws in
    let state = try prepare()
    try await withTaskExecutorPreference(executor) {
      let before = processorTime()
      benchmark.startMeasurement()
      try await run(state)
      benchmark.stopMeasurement()
      benchmark.measurement(.processorTime, processorTime() - before)
    }
  }
}

private func processorTime() -> Int {
  var time = timespec()
  unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
