import Benchmark
import Synchronization

@testable import Sockets

/// As ``measureStates()``, with the word that the threads share.
func measureWaiters() {
  measure("readiness: two exchanges of an atomic word (yardstick)") {
    let word = Atomic<UInt32>(0)
    for number in 0..<UInt32(operations) {
      for step: UInt32 in 0...1 {
        blackHole(
          word.compareExchange(
            expected: number + step,
            desired: number + 1,
            ordering: .acquiringAndReleasing
          )
        )
      }
    }
  }

  measure("readiness: claim, finish") {
    let waiter = Waiter(.untried)
    for _ in 0..<operations {
      guard waiter.claim() != .wait else { throw Failure() }
      blackHole(waiter.finish(usedUp: .no))
    }
  }

  measure("readiness: claim, park, ready, enter, finish") {
    let waiter = Waiter(.waiting)
    // No task: it is put down and taken up again, and never resumed.
    let nobody = ParkedTask(bits: 1 << 12)
    for _ in 0..<operations {
      guard waiter.claim() == .wait else { throw Failure() }
      waiter.park(nobody)
      guard waiter.ready(hangUp: false) != nil, waiter.enter() == .go else { throw Failure() }
      blackHole(waiter.finish(usedUp: .yes))
    }
  }
}
