import SocketsTesting
import Testing

@testable import Sockets

/// The queue for a direction that another operation owns.
@Suite(.timeLimit(.minutes(1))) struct TurnTests {
  @Test func `a write that is late as it is handed its turn gives it on`() async throws {
    try await withPair { pair in
      let (near, registration) = (pair.near, pair.near.stream.registration)
      let passed = ContinuousClock.now
      try await withTaskExecutorPreference(pair.reactor) {
        try await registration.own(.write, whenBusy: .queue, deadline: nil)
        // It has joined the queue, and looks whether it is late.
        atNextLookAtClock {
          registration.signal(.write)  // the edge that has come meanwhile
          registration.abandon(.write)
        }
        await expectError(.timedOut) { try await near.write([1], deadline: passed) }
        try await near.write([2])
      }
      #expect(try await pair.far.read(upTo: 8) == [2])
    }
  }
}
