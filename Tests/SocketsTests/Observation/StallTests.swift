import SocketsTesting
import Testing

@testable import Sockets

/// How a reactor that is held up is found.
@Suite(.timeLimit(.minutes(1))) struct StallTests {
  private typealias Finding = StallDetector.Finding

  @Test func `a turn that goes on for the threshold is found once, and once more when it is over`()
  {
    var detector = StallDetector(threshold: 100)
    #expect(detector.look(turn: 7, isAwake: true, now: 1_000) == nil)
    #expect(detector.look(turn: 7, isAwake: true, now: 1_099) == nil)
    let found = detector.look(turn: 7, isAwake: true, now: 1_100)
    #expect(found == Finding(nanoseconds: 100, isOver: false))
    #expect(detector.look(turn: 7, isAwake: true, now: 1_500) == nil)
    let over = detector.look(turn: 8, isAwake: true, now: 1_600)
    #expect(over == Finding(nanoseconds: 600, isOver: true))
    #expect(detector.look(turn: 8, isAwake: true, now: 1_650) == nil)
    let again = detector.look(turn: 8, isAwake: true, now: 1_700)
    #expect(again == Finding(nanoseconds: 100, isOver: false))
  }

  @Test func `a loop that sleeps, or gets on, is not stalled`() {
    var detector = StallDetector(threshold: 100)
    for look in 0..<10 {
      #expect(detector.look(turn: 7, isAwake: false, now: Int64(look) * 1_000) == nil)
    }
    for look in 10..<20 {
      #expect(detector.look(turn: UInt64(look), isAwake: true, now: Int64(look) * 1_000) == nil)
    }
    // Asleep in between: another turn, though it has the number of one that was seen awake.
    #expect(detector.look(turn: 20, isAwake: true, now: 20_000) == nil)
    #expect(detector.look(turn: 20, isAwake: false, now: 20_050) == nil)
    #expect(detector.look(turn: 20, isAwake: true, now: 20_090) == nil)
    #expect(detector.look(turn: 20, isAwake: true, now: 20_150) == nil)
  }

  @Test func `a stall that ends in a sleep is over too`() {
    var detector = StallDetector(threshold: 100)
    _ = detector.look(turn: 1, isAwake: true, now: 0)
    _ = detector.look(turn: 1, isAwake: true, now: 100)
    let over = detector.look(turn: 1, isAwake: false, now: 130)
    #expect(over == Finding(nanoseconds: 130, isOver: true))
    #expect(detector.look(turn: 1, isAwake: false, now: 1_000) == nil)
  }

  @Test func `a task that holds its reactor's thread is told of while it does`() async throws {
    let reactor = try Reactor(name: "held-up")
    try await withEventLog(stallThreshold: .milliseconds(20)) { log in
      await withTaskExecutorPreference(reactor) {
        await withTaskGroup(of: Void.self) { group in
          group.addTask(executorPreference: reactor) {
            while log.stalls(of: "held-up").isEmpty {}
          }
        }
      }
      try await waitUntil { log.stalls(of: "held-up").contains(where: \.isOver) }
      let stalls = log.stalls(of: "held-up")
      #expect(stalls.first?.isOver == false)
      #expect(stalls.allSatisfy { $0.duration >= .milliseconds(20) })
    }
  }

  @Test func `a stopped watch ends its thread, and an observer without a threshold has none`()
    async throws
  {
    let log = EventLog(stallThreshold: .milliseconds(1))
    try Reactor.addObserver(log)
    Reactor.removeObserver(log)
    // Only the thread keeps it then.
    weak let watched = log
    _ = consume log
    try await waitUntil { watched == nil }
    #expect(EventLog().stallThreshold == nil)
  }
}
