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
    // The first that asks is the reactor.
    let simulated = try await onThread { looks.next() }
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

  /// Runs something on a thread of its own.
  private func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try Thread.start(name: "test") { continuation.resume(returning: body()) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}
