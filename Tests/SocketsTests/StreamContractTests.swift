import Sockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamContractTests {
  @Test(arguments: StreamContract<TCP>.rules, Family.allCases)
  func `a TCP connection keeps the contract`(
    rule: StreamContract<TCP>.Rule,
    family: Family
  ) async throws {
    try await withPair(family) { pair in try await rule.check(pair) }
  }
}
