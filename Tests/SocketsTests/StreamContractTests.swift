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
      try await rule.check(
        .init(reactor: pair.reactor, near: pair.near, far: pair.far, flood: 1_000_000)
      )
    }
  }

  @Test(arguments: StreamContract<TCPConnection>.rules)
  func `a TCP connection that was given away and adopted keeps the contract`(
    rule: StreamContract<TCPConnection>.Rule
  ) async throws {
    try await withPair { pair in
      let near = try TCPConnection(adopting: try pair.near.detach(), on: pair.reactor)
      let far = try TCPConnection(adopting: try pair.far.detach(), on: pair.reactor)
      defer {
        near.close()
        far.close()
      }
      try await rule.check(.init(reactor: pair.reactor, near: near, far: far))
    }
  }

  @Test(arguments: StreamContract<UnixConnection>.rules)
  func `a Unix-domain connection that was given away and adopted keeps the contract`(
    rule: StreamContract<UnixConnection>.Rule
  ) async throws {
    try await withUnixPair { pair in
      let near = try UnixConnection(adopting: try pair.near.detach(), on: pair.reactor)
      let far = try UnixConnection(adopting: try pair.far.detach(), on: pair.reactor)
      defer {
        near.close()
        far.close()
      }
      try await rule.check(.init(reactor: pair.reactor, near: near, far: far, flood: 1_000_000))
    }
  }

  @Test(arguments: StreamContract<MemoryPipe>.rules)
  func `a pipe in memory keeps the contract`(rule: StreamContract<MemoryPipe>.Rule) async throws {
    let reactor = try Reactor(name: "pipe")
    let (near, far) = try MemoryPipe.pair(on: reactor)
    try await rule.check(.init(reactor: reactor, near: near, far: far, flood: 300_000))
  }

  @Test(arguments: StreamContract<CipherStream<TCPConnection>>.rules)
  func `a stream that is built on a connection keeps the contract`(
    rule: StreamContract<CipherStream<TCPConnection>>.Rule
  ) async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let near = try CipherStream(pair.near, key: 31, on: pair.reactor)
      let far = try CipherStream(pair.far, key: 31, on: pair.reactor)
      try await rule.check(.init(reactor: pair.reactor, near: near, far: far, flood: 500_000))
    }
  }

  @Test(arguments: StreamContract<CipherStream<MemoryPipe>>.rules)
  func `a stream that is built on a pipe in memory keeps the contract`(
    rule: StreamContract<CipherStream<MemoryPipe>>.Rule
  ) async throws {
    let reactor = try Reactor(name: "pipe")
    let (near, far) = try MemoryPipe.pair(capacity: 10_000, on: reactor)
    try await rule.check(
      .init(
        reactor: reactor,
        near: try CipherStream(near, key: 31, on: reactor),
        far: try CipherStream(far, key: 31, on: reactor),
        flood: 100_000
      )
    )
  }

  /// What of the contract a socket keeps that keeps the boundaries of messages too.
  ///
  /// The other rules are about bytes: they take one write in several reads, which drops what of a message
  /// the first of them did not take, or write more than a message holds.
  private static let ofMessagesToo = {
    typealias Contract = StreamContract<UnixConnection>
    let ofBytes = "everything written before the close arrives"
    return (Contract.ends + Contract.closing + Contract.cancelling)
      .filter { $0.testDescription != ofBytes }
  }()

  /// Dresses a seqpacket connection as one of bytes.
  ///
  /// It has no reads and writes of bytes itself, but what is under it is the same stream: it ends,
  /// closes, cancels and waits by the same rules.
  @Test(arguments: ofMessagesToo)
  func `a seqpacket connection keeps what of the contract is not about bytes`(
    rule: StreamContract<UnixConnection>.Rule
  ) async throws {
    let reactor = try Reactor(name: "packets")
    let (near, far) = try SeqPacketConnection.pair(on: reactor)
    defer {
      near.close()
      far.close()
    }
    try await rule.check(
      .init(
        reactor: reactor,
        near: SocketConnection(near.stream),
        far: SocketConnection(far.stream)
      )
    )
  }
}
