import Testing

@testable import Sockets
@testable import SocketsTesting

/// The kernel of a simulation, asked by several threads.
@Suite(.timeLimit(.minutes(1)))
struct SimulatedLookTests {
  @Test func `who looks for events on another thread than the reactor keeps the real time`()
    async throws
  {
    let looks = Looks(try Poller(kernel: Kernel(SimulatedKernel(seed: 1).systemCalls)))
    let start = ContinuousClock.now
    // The first that asks is the reactor: on a thread of its own, which ends afterwards.
    let threads = LookupThreads(limit: 1, queueLimit: 0)
    let simulated = try await threads.run(deadline: nil) { looks.next() }
    #expect(start.duration(to: simulated) > .seconds(86_400))
    #expect(start.duration(to: looks.next()) < .seconds(86_400))
  }

  /// Who asks for events without waiting for them.
  private final class Looks: Sendable {
    private let poller: Poller

    init(_ poller: consuming Poller) { self.poller = poller }

    /// Asks.
    ///
    /// - Returns: The time that the thread sees afterwards.
    func next() -> ContinuousClock.Instant {
      var events = Poller.Events()
      poller.wait(&events, milliseconds: 0)
      return .now
    }
  }
}
