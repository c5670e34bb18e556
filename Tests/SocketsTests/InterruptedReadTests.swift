import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

/// What the contract of all streams can't see from outside: reads of connections that are interrupted at
/// a moment that only the kernel and the reactor know.
@Suite(.timeLimit(.minutes(1))) struct InterruptedReadTests {
  /// Over which sockets.
  enum Link: CaseIterable { case ipv4, ipv6, unix }

  private func withPair(
    _ link: Link,
    _ body: nonisolated(nonsending) (any InterruptedReads) async throws -> Void
  ) async throws {
    switch link {
    case .ipv4: try await SocketsTests.withPair(.ipv4) { try await body($0) }
    case .ipv6: try await SocketsTests.withPair(.ipv6) { try await body($0) }
    case .unix: try await withUnixPair { try await body($0) }
    }
  }

  @Test(arguments: Link.allCases)
  func `what is there already is read, whatever the deadline says`(link: Link) async throws {
    try await withPair(link) { try await $0.readWithPastDeadline() }
  }

  @Test(arguments: Link.allCases)
  func `cancelled after it took bytes from the kernel, an exact read loses none`(
    link: Link
  ) async throws {
    try await withPair(link) { try await $0.cancelExactRead() }
  }

  @Test(arguments: Link.allCases)
  func `a chunk is what an interrupted read had taken, and no more`(link: Link) async throws {
    try await withPair(link) { try await $0.chunkAfterInterruption() }
  }

  @Test func `a connection that waits for the rest of a line keeps no more than its part`()
    async throws
  {
    try await SocketsTests.withPair { pair in
      async let line = outcome { try await pair.near.read(until: 0x0A) }
      try await pair.reactor.waitUntilParked(readers: 1)
      try await pair.far.write("part")
      try await waitUntil { pair.near.holdsBytes }
      try await pair.reactor.waitUntilParked(readers: 1)
      pair.near.stream.buffer.withLock { #expect($0.storage.capacity < 64) }
      try await pair.far.write(" and rest\n")
      let bytes = try await line.get()
      #expect(bytes == Array("part and rest".utf8))
      #expect(!pair.near.holdsBytes)
      pair.near.stream.buffer.withLock { #expect($0.storage.capacity == 0) }
    }
  }

  @Test func `an exact read takes no byte more from the kernel`() async throws {
    try await SocketsTests.withPair { pair in
      try await pair.far.write("abcdefgh")
      #expect(try await pair.near.read(exactly: 3) == Array("abc".utf8))
      #expect(try await pair.near.read(UInt8.self) == UInt8(ascii: "d"))
      #expect(try await pair.near.peek(upTo: 2) == Array("ef".utf8))
      #expect(try await pair.near.read(exactly: 2) == Array("ef".utf8))
      #expect(!pair.near.holdsBytes)
      #expect(DescriptorAudit.isReadable(pair.near.descriptor))
    }
  }
}

extension SocketConnection {
  /// Whether bytes that were taken from the kernel wait for the next read.
  fileprivate var holdsBytes: Bool { stream.hasBuffer.load(ordering: .relaxed) }
}

/// The bodies of the tests above, for whatever transport.
protocol InterruptedReads {
  func readWithPastDeadline() async throws
  func cancelExactRead() async throws
  func chunkAfterInterruption() async throws
}

extension Pair: InterruptedReads {
  func readWithPastDeadline() async throws {
    try await far.write("whole")
    try await far.finish()
    // A deadline is looked at before a wait: the reactor has to know of the bytes already.
    try await waitUntil { near.stream.registration.withWaiter(.read) { $0.state.isReady } }
    try await waitUntil { DescriptorAudit.isAtEnd(near.descriptor) }
    let past = ContinuousClock.now - .seconds(1)
    #expect(try await near.read(exactly: 5, deadline: past) == Array("whole".utf8))
    #expect(try await near.read(upTo: 5, deadline: past) == nil)
  }

  func cancelExactRead() async throws {
    try await takeInto(cancelled: "abc")
    try await far.write("defgh")
    #expect(try await near.read(exactly: 8) == Array("abcdefgh".utf8))
  }

  func chunkAfterInterruption() async throws {
    try await takeInto(cancelled: "abc")
    try await far.finish()
    var chunks: [[UInt8]] = []
    for try await chunk in near.chunks { chunks.append(chunk) }
    #expect(chunks == [Array("abc".utf8)])
  }

  /// Cancels an exact read that has taken a text and waits for more.
  private func takeInto(cancelled text: String) async throws {
    let read = Task { await outcome { try await near.read(exactly: 8) } }
    try await reactor.waitUntilParked(readers: 1)
    try await far.write(text)
    try await waitUntil { !DescriptorAudit.isReadable(near.descriptor) }
    try await reactor.waitUntilParked(readers: 1)
    read.cancel()
    #expect(await read.value.isCancellation)
  }
}
