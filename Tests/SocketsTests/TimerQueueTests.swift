import Testing

@testable import Sockets

@Suite struct TimerQueueTests {
  @Test func `entries come out in the order of their deadlines, and none before it is due`() {
    var random = SeededGenerator(seed: 11)
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
}
