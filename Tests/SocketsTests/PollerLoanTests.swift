import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct PollerLoanTests {
  @Test func `the last of the tasks looks, and nobody once nothing is lent`() {
    let loan = PollerLoan()
    var said = [loan.park(), loan.release(), loan.isLent]
    #expect(said == [false, false, false])
    loan.begin(2)
    // The lender still counts as they park.
    said = [loan.park(), loan.park(), loan.release(), loan.isLent]
    #expect(said == [false, false, true, false])
    loan.begin(2)
    said = [loan.release(), loan.park(), loan.park(), loan.isLent, loan.release(), loan.isLent]
    #expect(said == [false, false, true, true, true, false])
  }

  @Test func `of many tasks one looks now and then`() {
    let loan = PollerLoan()
    loan.begin(200)
    _ = loan.release()
    // Who looks goes on to count until it says that it is done.
    let looks = (0..<200).filter { _ in
      let looks = loan.park()
      if looks { _ = loan.release() }
      return looks
    }
    #expect(looks == [8, 72, 136, 199])
  }

  @Test func `what a look finds prolongs the loan, unless that has ended`() {
    let loan = PollerLoan()
    loan.begin(1)
    var said = [loan.release(), loan.park()]
    #expect(said == [false, true])
    loan.extend(2)
    said = [loan.release(), loan.park(), loan.park()]
    #expect(said == [false, false, true])
    loan.end()
    loan.extend(3)
    said = [loan.isLent, loan.release()]
    #expect(said == [false, false])
    let counts = [loan.lookCount, loan.findCount]
    #expect(counts == [2, 5])
  }

  @Test func `lending is tried ever more seldom until it pays`() {
    var policy = LoanPolicy()
    var pauses: [Int] = []
    for hasPaid in [true, false, false, false, false, false, true, false] {
      policy.wakesPool = true
      var pause = 0
      while !policy.begins() { pause += 1 }
      pauses.append(pause)
      policy.ended(hasPaid: hasPaid)
      policy.wakesPool = false
    }
    #expect(pauses == [0, 0, 2, 4, 8, 16, 16, 0])
  }

  @Test func `tasks of the pool look at epoll for their reactor`() async throws {
    let reactor = try Reactor()
    try await withConversations(16, on: reactor) { reactor.loop.loan.findCount >= 100 }
    #expect(reactor.loop.loan.findCount >= 100)
    #expect(reactor.statistics.staleEvents == 0)
  }

  @Test func `a reactor that has lent its poller still runs jobs, timers and its own tasks`()
    async throws
  {
    let reactor = try Reactor()
    let (near, far) = try await TCPConnection.pair(on: reactor)
    defer {
      near.close()
      far.close()
    }
    let done = Counter()
    async let conversations: Void = withConversations(16, on: reactor) { done.value > 0 }
    defer { done.increment() }
    for _ in 0..<100 {
      #expect(await reactor.answer() == 42)  // a job
      await expectError(.timedOut) {
        try await near.read(upTo: 1, deadline: .now + .microseconds(50))
      }
      try await withTaskExecutorPreference(reactor) {
        async let byte = near.read(upTo: 1)
        try await far.write("x")
        #expect(try await byte == [UInt8(ascii: "x")])
      }
    }
    done.increment()
    try await conversations
  }

  /// Has pairs of tasks of the pool answer each other until it is over, at most 2,000 times.
  private func withConversations(
    _ count: Int,
    on reactor: Reactor,
    until isOver: @escaping @Sendable () -> Bool
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        let (near, far) = try await TCPConnection.pair(on: reactor)
        group.addTask {
          for try await chunk in far.chunks { try await far.write(chunk) }
          far.close()
        }
        group.addTask {
          for _ in 0..<2000 where !isOver() {
            try await near.write("ping")
            #expect(try await near.read(exactly: 4) == Array("ping".utf8))
          }
          near.close()
        }
      }
      try await group.waitForAll()
    }
  }
}

extension Reactor {
  /// Something that runs on the reactor's thread.
  fileprivate func answer() -> Int { 42 }
}
