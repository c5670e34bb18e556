import Testing

@testable import Sockets

/// The pipes of a reactor.
@Suite(.timeLimit(.minutes(1))) struct PipePoolTests {
  @Test func `no more pipes are lent than there may be, and each comes back`() {
    let ledger = DescriptorLedger()
    let kernel = ledger.kernel()
    do {
      let pool = PipePool()
      var lent: [Pipe] = []
      while let pipe = pool.lend(kernel) { lent.append(pipe) }
      #expect(lent.count == 16)
      #expect(ledger.open.count == 32)
      if let last = lent.popLast() { pool.giveBack(last) }
      let again = pool.lend(kernel)
      #expect(again != nil)
      #expect(pool.lend(kernel) == nil)
      #expect(ledger.open.count == 32)
    }
    #expect(ledger.open.isEmpty)
    #expect(ledger.faults == [])
  }

  @Test func `a pipe that is unfit makes room for another`() {
    let pool = PipePool()
    var count = 0
    while count < 40, pool.lend(.linux) != nil {
      pool.giveBack(nil)
      count += 1
    }
    #expect(count == 40)
  }
}
