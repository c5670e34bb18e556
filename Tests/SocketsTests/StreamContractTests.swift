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

  @Test(arguments: StreamContract<Unix>.rules, UnixLink.allCases)
  func `a Unix-domain connection keeps the contract`(
    rule: StreamContract<Unix>.Rule,
    link: UnixLink
  ) async throws {
    try await withUnixPair(link) { pair in try await rule.check(pair) }
  }
}
