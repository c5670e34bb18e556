import Sockets
import SocketsTesting
import Testing

/// That the contract finds out whoever does not keep it. (Who does is in SocketsTests.)
@Suite(.timeLimit(.minutes(1))) struct StreamViolationTests {
  typealias Broken = BrokenStream<MemoryPipe>

  @Test(arguments: Broken.Fault.allCases)
  func `a broken promise is found out, by name`(fault: Broken.Fault) async throws {
    let rule = try #require(
      StreamContract<Broken>.rules.first { $0.description == fault.rule }
    )
    let thrown = await #expect(throws: ContractViolation.self) {
      try await rule.check(
        flood: 300_000,
        limit: fault.isEndless ? .milliseconds(200) : .seconds(20)
      ) {
        let (near, far) = try MemoryPipe.pair(on: $0)
        return (Broken(lower: near, fault: fault), Broken(lower: far, fault: fault))
      }
    }
    let violation = try #require(thrown)
    #expect(violation.rule == fault.rule)
    #expect(violation.place.hasPrefix("SocketsTesting/"))
    #expect(violation.finding.contains(fault.finding))
  }

  @Test func `all rules can be run at once`() async throws {
    let none = try await StreamContract<MemoryPipe>.violations(flood: 300_000) {
      try MemoryPipe.pair(on: $0)
    }
    #expect(none == [])
  }

  @Test func `an error of the maker is the maker's, not a violation`() async throws {
    let rule = try #require(StreamContract<MemoryPipe>.rules.first)
    let error = SocketError(.tooManyOpenFiles, operation: .socket)
    let thrown = await #expect(throws: SocketError.self) {
      try await rule.check { _ in throw error }
    }
    #expect(thrown?.code == .tooManyOpenFiles)
  }

  @Test func `whoever cancels the test gets no violation`() async throws {
    let name = "a deadline that is not reached does nothing"
    let rule = try #require(StreamContract<MemoryPipe>.rules.first { $0.description == name })
    let outcome = await outcomeWhenCancelledBefore {
      try await rule.check { try MemoryPipe.pair(on: $0) }
    }
    #expect(outcome?.isCancellation == true)
  }

  @Test func `in a simulated network the limit is one of real time`() async throws {
    let fault = Broken.Fault.neverFinishes
    let rule = try #require(
      StreamContract<Broken>.rules.first { $0.description == fault.rule }
    )
    try await SimulatedNetwork.run { network in
      let violation = await #expect(throws: ContractViolation.self) {
        try await rule.check(flood: 300_000, limit: .milliseconds(200), on: network.reactor) {
          let (near, far) = try MemoryPipe.pair(on: $0)
          return (Broken(lower: near, fault: fault), Broken(lower: far, fault: fault))
        }
      }
      #expect(violation?.finding.contains(fault.finding) == true)
    }
  }
}
