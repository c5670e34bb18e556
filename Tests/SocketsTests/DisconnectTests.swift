import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct DisconnectTests {
  /// How a peer can leave.
  enum Departure: CaseIterable, Sendable { case close, reset, halfClose, closeUnread }

  private func leave<Transport>(
    _ departure: Departure,
    _ peer: SocketConnection<Transport>
  )
    async throws
  {
    switch departure {
    case .close, .closeUnread: peer.close()
    case .reset: peer.reset()
    case .halfClose: try await peer.finish()
    }
  }

  /// Waits for ever, and says that it has begun to.
  private static func work(_ begun: Counter) async throws {
    begun.increment()
    try await untilCancelled()
  }

  private func check<Transport>(_ departure: Departure, _ pair: Pair<Transport>) async throws {
    if departure == .closeUnread { try await pair.near.write("unread") }
    let begun = Counter()
    async let result = outcome {
      try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
    }
    try await waitUntil { begun.value == 1 }
    try await pair.reactor.waitUntilParked(readers: 1)
    try await leave(departure, pair.far)
    #expect(await result.isCancellation)
    // It had happened before, too.
    let again = await outcome {
      try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
    }
    #expect(again.isCancellation)
  }

  @Test(arguments: Departure.allCases)
  func `over TCP, the body is cancelled when the peer leaves`(departure: Departure) async throws {
    try await withPair { try await check(departure, $0) }
  }

  @Test(arguments: Departure.allCases, UnixLink.allCases)
  func `over a Unix-domain socket, the body is cancelled when the peer leaves`(
    departure: Departure,
    link: UnixLink
  ) async throws {
    try await withUnixPair(link) { try await check(departure, $0) }
  }

  @Test func `a body that ends first gives its result, and nothing is left`() async throws {
    try await withPair { pair in
      #expect(await pair.near.withCancellationOnDisconnect { 7 } == 7)
      #expect(pair.reactor.loop.shared.withLock { $0.watchers.isEmpty })
      #expect(pair.reactor.loop.shared.withLock { $0.registrations.count } == 2)
    }
  }

  @Test func `no byte is consumed, and another task can read meanwhile`() async throws {
    try await withPair { pair in
      let begun = Counter()
      async let result = outcome {
        try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
      }
      try await waitUntil { begun.value == 1 }
      async let read = pair.near.read(exactly: 3)
      try await pair.reactor.waitUntilParked(readers: 2)
      try await pair.far.write("abcdef")
      #expect(try await read == Array("abc".utf8))
      pair.far.close()
      #expect(await result.isCancellation)
      #expect(try await pair.near.readAll() == Array("def".utf8))
    }
  }

  @Test func `a peer that has only ended its direction can count as there`() async throws {
    try await withPair { pair in
      try await pair.far.write("request")
      try await pair.far.finish()
      #expect(try await pair.near.readAll() == Array("request".utf8))
      let begun = Counter()
      async let result = outcome {
        try await pair.near.withCancellationOnDisconnect(includingHalfClose: false) {
          try await Self.work(begun)
        }
      }
      try await waitUntil { begun.value == 1 }
      #expect(pair.near.stream.registration.ends == .incoming)
      pair.far.reset()
      #expect(await result.isCancellation)
    }
  }

  @Test func `closing this end cancels the body`() async throws {
    try await withPair { pair in
      let begun = Counter()
      async let result = outcome {
        try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
      }
      try await waitUntil { begun.value == 1 }
      pair.near.close()
      #expect(await result.isCancellation)
      let again = await outcome {
        try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
      }
      #expect(again.isCancellation)
    }
  }

  @Test func `stopping the reactor cancels the body`() async throws {
    try await withPair { pair in
      let begun = Counter()
      async let result = outcome {
        try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
      }
      try await waitUntil { begun.value == 1 }
      await pair.reactor.stop()
      #expect(await result.isCancellation)
      let again = await outcome {
        try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
      }
      #expect(again.isCancellation)
    }
  }

  @Test func `cancelling the task around it cancels the body`() async throws {
    try await withPair { pair in
      let begun = Counter()
      let task = Task {
        await outcome {
          try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
        }
      }
      try await waitUntil { begun.value == 1 }
      task.cancel()
      #expect(await task.value.isCancellation)
    }
  }

  @Test func `several bodies on one connection are all cancelled`() async throws {
    try await withPair { pair in
      let begun = Counter()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<5 {
          group.addTask {
            await outcome {
              try await pair.near.withCancellationOnDisconnect { try await Self.work(begun) }
            }.isCancellation
          }
        }
        try await waitUntil { begun.value == 5 }
        pair.far.close()
        for try await isCancelled in group { #expect(isCancelled) }
      }
    }
  }

  @Test func `seqpacket peers leave, too`() async throws {
    let (near, far) = try SeqPacketConnection.pair()
    let begun = Counter()
    async let result = outcome {
      try await near.withCancellationOnDisconnect { try await Self.work(begun) }
    }
    try await waitUntil { begun.value == 1 }
    far.close()
    #expect(await result.isCancellation)
    near.close()
  }
}
