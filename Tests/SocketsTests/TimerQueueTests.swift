import SocketsTesting
import Testing

@testable import Sockets

@Suite struct TimerQueueTests {
  @Test func `entries come out in the order of their deadlines, and none before it is due`() {
    var random = SplitMix64(seed: 11)
    var queue = TimerQueue()
    let deadlines = (0..<1_000).map { _ in Int64.random(in: -500...500, using: &random) }
    for (index, deadline) in deadlines.enumerated() {
      queue.add(.init(deadline: deadline, token: UInt64(index), direction: .read))
      #expect(queue.earliest == deadlines[...index].min())
    }
    var taken: [Int64] = []
    for now in stride(from: Int64(-600), through: 600, by: 100) {
      while let entry = queue.popDue(now: now) {
        #expect(entry.deadline <= now)
        #expect(deadlines[Int(entry.token)] == entry.deadline)
        taken.append(entry.deadline)
      }
      #expect(queue.earliest > now)
    }
    #expect(taken == deadlines.sorted())
    #expect(queue.count == 0)
    #expect(queue.earliest == .max)
  }

  @Test func `an empty queue has nothing due`() {
    var queue = TimerQueue()
    let due = queue.popDue(now: .max)
    #expect(due == nil)
    #expect(queue.earliest == .max)
  }

  @Test func `a sweep takes out those that belong to nobody, and keeps the order`() {
    var random = SplitMix64(seed: 12)
    var queue = TimerQueue()
    let deadlines = (0..<1_000).map { _ in Int64.random(in: 0...500, using: &random) }
    for (index, deadline) in deadlines.enumerated() {
      queue.add(.init(deadline: deadline, token: UInt64(index), direction: .read))
    }
    for count in 1...600 {
      queue.abandonOne()
      #expect(queue.living == 1_000 - count)
      #expect(queue.isMostlyAbandoned == (count > 500))
    }
    queue.sweep { $0.token % 5 < 2 }
    #expect(queue.count == 400)
    #expect(queue.living == 400)
    #expect(!queue.isMostlyAbandoned)
    var taken: [Int64] = []
    while let entry = queue.popDue(now: .max) {
      #expect(entry.token % 5 < 2)
      taken.append(entry.deadline)
    }
    #expect(taken == deadlines.indices.filter { $0 % 5 < 2 }.map { deadlines[$0] }.sorted())
  }

  @Test func `entries that fall due before a sweep are forgotten`() {
    var queue = TimerQueue()
    for deadline in 0..<Int64(10) {
      queue.add(.init(deadline: deadline, token: 1, direction: .read))
    }
    for _ in 0..<4 { queue.abandonOne() }
    for _ in 0..<4 {
      _ = queue.popDue(now: 5)
      queue.forgetAbandoned()
    }
    #expect(queue.living == 6)
    queue.forgetAbandoned()
    #expect(queue.living == 6)
  }
}
