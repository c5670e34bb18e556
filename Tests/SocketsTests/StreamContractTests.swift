import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct StreamContractTests {
  @Test(arguments: StreamContract<TCPConnection>.rules, Family.allCases)
  func `a TCP connection keeps the contract`(
    rule: StreamContract<TCPConnection>.Rule,
    family: Family
  ) async throws {
    try await rule.check { try await TCPConnection.pair(over: family.loopback, on: $0) }
  }

  @Test(arguments: StreamContract<UnixConnection>.rules, UnixLink.allCases)
  func `a Unix-domain connection keeps the contract`(
    rule: StreamContract<UnixConnection>.Rule,
    link: UnixLink
  ) async throws {
    try await rule.check(flood: 1_000_000) { try await makeUnixPair(link, on: $0) }
  }

  @Test(arguments: StreamContract<TCPConnection>.rules)
  func `a TCP connection that was given away and adopted keeps the contract`(
    rule: StreamContract<TCPConnection>.Rule
  ) async throws {
    try await rule.check { reactor in
      let (near, far) = try await TCPConnection.pair(on: reactor)
      return (
        try TCPConnection(adopting: try near.detach(), on: reactor),
        try TCPConnection(adopting: try far.detach(), on: reactor)
      )
    }
  }

  @Test(arguments: StreamContract<UnixConnection>.rules)
  func `a Unix-domain connection that was given away and adopted keeps the contract`(
    rule: StreamContract<UnixConnection>.Rule
  ) async throws {
    try await rule.check(flood: 1_000_000) { reactor in
      let (near, far) = try UnixConnection.pair(on: reactor)
      return (
        try UnixConnection(adopting: try near.detach(), on: reactor),
        try UnixConnection(adopting: try far.detach(), on: reactor)
      )
    }
  }

  @Test(arguments: StreamContract<MemoryPipe>.rules)
  func `a pipe in memory keeps the contract`(rule: StreamContract<MemoryPipe>.Rule) async throws {
    try await rule.check(flood: 300_000) { try MemoryPipe.pair(on: $0) }
  }

  @Test(arguments: StreamContract<CipherStream<TCPConnection>>.rules)
  func `a stream that is built on a connection keeps the contract`(
    rule: StreamContract<CipherStream<TCPConnection>>.Rule
  ) async throws {
    try await rule.check(flood: 500_000) { reactor in
      let (near, far) = try await TCPConnection.pair(on: reactor)
      try Pair(reactor: reactor, near: near, far: far).shrinkBuffers()
      return (
        try CipherStream(near, key: 31, on: reactor), try CipherStream(far, key: 31, on: reactor)
      )
    }
  }

  @Test(arguments: StreamContract<CipherStream<MemoryPipe>>.rules)
  func `a stream that is built on a pipe in memory keeps the contract`(
    rule: StreamContract<CipherStream<MemoryPipe>>.Rule
  ) async throws {
    try await rule.check(flood: 100_000) { reactor in
      let (near, far) = try MemoryPipe.pair(capacity: 10_000, on: reactor)
      return (
        try CipherStream(near, key: 31, on: reactor), try CipherStream(far, key: 31, on: reactor)
      )
    }
  }

  /// What of the contract a socket keeps that keeps the boundaries of messages too.
  ///
  /// The other rules are about bytes: they take one write in several reads, which drops what of a message
  /// the first of them did not take, or write more than a message holds.
  private static let ofMessagesToo = {
    typealias Contract = StreamContract<UnixConnection>
    let ofBytes = "everything written before the close arrives"
    return (Contract.ends + Contract.closing + Contract.cancelling)
      .filter { $0.description != ofBytes }
  }()

  /// Dresses a seqpacket connection as one of bytes.
  ///
  /// It has no reads and writes of bytes itself, but what is under it is the same stream: it ends,
  /// closes, cancels and waits by the same rules.
  @Test(arguments: ofMessagesToo)
  func `a seqpacket connection keeps what of the contract is not about bytes`(
    rule: StreamContract<UnixConnection>.Rule
  ) async throws {
    try await rule.check { reactor in
      let (near, far) = try SeqPacketConnection.pair(on: reactor)
      return (SocketConnection(near.stream), SocketConnection(far.stream))
    }
  }
}
