import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SimulatedTimeTests {
  @Test func `a sleep of a day takes a day there and no time here`() async throws {
    let start = ContinuousClock.now
    try await SimulatedNetwork.run { network in
      let duration = try await time { try await Reactor.sleep(for: .seconds(86_400)) }
      #expect(duration == .seconds(86_400))
      #expect(network.elapsed == .seconds(86_400))
    }
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test func `time stands still while anything runs`() async throws {
    try await SimulatedNetwork.run { network in
      let start = ContinuousClock.now
      for _ in 0..<1_000 { await Task.yield() }
      #expect(ContinuousClock.now == start)
      #expect(SuspendingClock.now.duration(to: .now) == .zero)
    }
  }

  @Test func `a deadline of a call comes when it is due`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      let duration = await time {
        let error = await #expect(throws: SocketError.self) {
          try await near.read(upTo: 1, deadline: .now + .seconds(30))
        }
        #expect(error?.code == .timedOut)
      }
      #expect(duration == .seconds(30))
      far.close()
    }
  }

  @Test func `withDeadline follows`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      let duration = await time {
        await #expect(throws: CancellationError.self) {
          try await withDeadline(in: .seconds(90)) { _ = try await near.read(upTo: 1) }
        }
      }
      #expect(duration == .seconds(90))
      far.close()
    }
  }

  @Test func `other threads keep the real time`() async throws {
    let here = ContinuousClock.now
    let there = try await SimulatedNetwork.run { _ in
      try await Reactor.sleep(for: .seconds(10))
      async let pool = Task.detached { ContinuousClock.now }.value
      return (inside: ContinuousClock.now, pool: await pool)
    }
    #expect(there.pool - here < .seconds(60))
    #expect(there.inside - here > .seconds(60))
  }

  @Test func `two runs see the same times`() async throws {
    func run() async throws -> [Duration] {
      try await SimulatedNetwork.run(seed: 42) { network in
        network.links { link in
          link.latency = .milliseconds(5)
          link.jitter = .milliseconds(50)
        }
        let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
        return try await serving(listener) { address in
          var times: [Duration] = []
          for _ in 0..<10 {
            times.append(try await time { _ = try await roundTrip("x", to: address) })
          }
          return times
        }
      }
    }
    let first = try await run()
    #expect(Set(first).count > 1)
    #expect(try await run() == first)
  }
}
