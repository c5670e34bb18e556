import Testing

@testable import Sockets

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

  @Test(arguments: StreamContract<TCP>.rules)
  func `a TCP connection that was given away and adopted keeps the contract`(
    rule: StreamContract<TCP>.Rule
  ) async throws {
    try await withPair { pair in
      let near = try TCPConnection(adopting: try pair.near.detach(), on: pair.reactor)
      let far = try TCPConnection(adopting: try pair.far.detach(), on: pair.reactor)
      defer {
        near.close()
        far.close()
      }
      try await rule.check(Pair(reactor: pair.reactor, near: near, far: far))
    }
  }

  @Test(arguments: StreamContract<Unix>.rules)
  func `a Unix-domain connection that was given away and adopted keeps the contract`(
    rule: StreamContract<Unix>.Rule
  ) async throws {
    try await withUnixPair { pair in
      let near = try UnixConnection(adopting: try pair.near.detach(), on: pair.reactor)
      let far = try UnixConnection(adopting: try pair.far.detach(), on: pair.reactor)
      defer {
        near.close()
        far.close()
      }
      try await rule.check(Pair(reactor: pair.reactor, near: near, far: far))
    }
  }

  /// The rules that a socket which keeps the boundaries of messages does not keep, by their names: those
  /// that write more than one message holds, and those that take one message in several reads, which
  /// drops what the first of them did not take.
  private static let ofBytesOnly: Set<String> = [
    "everything written before the close arrives",
    "what follows the bytes of an exact read can be read at once",
  ]

  /// Dresses a seqpacket connection as one of bytes.
  ///
  /// It has no reads and writes of bytes itself, but what is under it is the same stream: it ends,
  /// closes, cancels and waits by the same rules.
  @Test(arguments: StreamContract<Unix>.rules.filter { !ofBytesOnly.contains($0.testDescription) })
  func `a seqpacket connection keeps what of the contract is not about bytes`(
    rule: StreamContract<Unix>.Rule
  ) async throws {
    let reactor = try Reactor(name: "packets")
    let (near, far) = try SeqPacketConnection.pair(on: reactor)
    defer {
      near.close()
      far.close()
    }
    let pair = Pair<Unix>(
      reactor: reactor,
      near: SocketConnection(near.stream),
      far: SocketConnection(far.stream)
    )
    try await rule.check(pair)
  }
}
