import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct ParkedTests {
  @Test func `a task that has begun to wait is seen, and one that has ended too`() async throws {
    let reactor = try Reactor(name: "parked")
    let (near, far) = try MemoryPipe.pair(on: reactor)
    async let read = near.read(upTo: 8)
    try await reactor.waitUntilParked(readers: 1)
    try await far.write([7])
    let bytes = try await read
    #expect(bytes == [7])
    try await reactor.waitUntilParked()
  }

  @Test func `the wait can be cancelled`() async throws {
    let reactor = try Reactor(name: "parked")
    let outcome = await outcomeWhenCancelledBefore { try await reactor.waitUntilParked(readers: 1) }
    #expect(outcome?.isCancellation == true)
  }
}
