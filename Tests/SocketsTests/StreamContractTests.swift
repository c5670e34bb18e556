import Sockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamContractTests {
  @Test(arguments: StreamContract<TCPConnection>.rules, Family.allCases)
  func `a TCP connection keeps the contract`(
    rule: StreamContract<TCPConnection>.Rule,
    family: Family
  ) async throws {
    try await withPair(family) { pair in
      try await rule.check(.init(reactor: pair.reactor, near: pair.near, far: pair.far))
    }
  }

  @Test(arguments: StreamContract<UnixConnection>.rules, UnixLink.allCases)
  func `a Unix-domain connection keeps the contract`(
    rule: StreamContract<UnixConnection>.Rule,
    link: UnixLink
  ) async throws {
    try await withUnixPair(link) { pair in
      try await rule.check(.init(reactor: pair.reactor, near: pair.near, far: pair.far))
    }
  }
}
