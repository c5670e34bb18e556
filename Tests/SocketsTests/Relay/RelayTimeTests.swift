import SocketsTesting
import Testing

@testable import Sockets

/// The time that a relay has.
@Suite(.timeLimit(.minutes(1))) struct RelayTimeTests {
  @Test(arguments: [true, false])
  func `a byte in either direction begins the idle time anew`(isForward: Bool) {
    let traffic = RelayTraffic()
    let start = LoopTime.now
    #expect(traffic.idleEnd(50, since: start) == start + 50)
    traffic.add(1, isForward: isForward)
    let now = LoopTime.now
    #expect((start + 50...now + 50).contains(traffic.idleEnd(50, since: start)))
    #expect(traffic.idleEnd(50, since: now + 1) == now + 51)  // an earlier relay's byte
    #expect(traffic.idleEnd(.max, since: start) == .max)
    #expect(traffic.idleEnd(.min, since: start) < 0)
  }

  @Test func `the deadline comes whatever moves, and limits of any size are legal`() async throws {
    let traffic = RelayTraffic()
    for limit in [nil, Duration.seconds(Int64.max), .seconds(3600)] {
      let deadline = ContinuousClock.now + .milliseconds(20)
      await expectError(.timedOut) {
        try await traffic.expire(idleLimit: limit, deadline: deadline)
      }
      #expect(ContinuousClock.now >= deadline)
    }
    await expectError(.timedOut) { try await traffic.expire(idleLimit: .zero, deadline: nil) }
    await expectError(.timedOut) {
      try await traffic.expire(idleLimit: .seconds(-1), deadline: nil)
    }
  }

  @Test func `a time that has no end can be cancelled`() async throws {
    let traffic = RelayTraffic()
    let task = Task {
      await outcome { try await traffic.expire(idleLimit: .seconds(3600), deadline: nil) }
    }
    task.cancel()
    #expect(await task.value.isCancellation)
  }
}
