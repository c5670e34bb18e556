import Glibc
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct CorkTests {
  /// What `TCP_CORK` was set to.
  private final class Settings: Sendable {
    private let state = Lock<[UInt8]>([])

    var all: [UInt8] { state.withLock { $0 } }

    func append(_ value: UInt8) { state.withLock { $0.append(value) } }
  }

  /// A kernel that notes what it is set to.
  private func recording(_ settings: Settings) -> Kernel {
    let real = SystemCalls()
    var calls = real
    unsafe calls.setOption = { fd, level, name, value in
      if level == SOL_TCP, name == TCP_CORK {
        let first = unsafe value.first ?? 9
        settings.append(first)
      }
      return unsafe real.setOption(fd, level, name, value)
    }
    return Kernel(calls)
  }

  @Test func `writes of a scope leave together, and nothing stays behind`() async throws {
    let settings = Settings()
    try await withPair(kernel: recording(settings)) { pair in
      let result = try await pair.near.withCork {
        for byte in 0..<200 { try await pair.near.write([UInt8(byte)]) }
        #expect(settings.all == [1])
        return 7
      }
      #expect(result == 7)
      #expect(settings.all == [1, 0])
      #expect(try await pair.far.read(exactly: 200) == Array(0..<200))
      #expect(try pair.near.get(.tcpInfo).segmentsSent < 100)
    }
  }

  @Test func `scopes within each other and beside each other send at the end of the last one`()
    async throws
  {
    let settings = Settings()
    try await withPair(kernel: recording(settings)) { pair in
      try await pair.near.withCork {
        try await pair.near.withCork { try await pair.near.write([1]) }
        try await withThrowingTaskGroup { group in
          for byte: UInt8 in 2..<6 {
            group.addTask { try await pair.near.withCork { try await pair.near.write([byte]) } }
          }
          try await group.waitForAll()
        }
        #expect(settings.all == [1])
      }
      #expect(settings.all == [1, 0])
      #expect(try await pair.far.read(exactly: 5)?.sorted() == [1, 2, 3, 4, 5])
    }
  }

  @Test func `a body that fails sends what it has written`() async throws {
    let settings = Settings()
    try await withPair(kernel: recording(settings)) { pair in
      await expectError(.timedOut) {
        try await pair.near.withCork {
          try await pair.near.write([1])
          throw SocketError(.timedOut, operation: .write)
        }
      }
      #expect(settings.all == [1, 0])
      let received = try await pair.far.read(upTo: 8)
      #expect(received == [1])
    }
  }

  @Test func `a connection that is closed before, or meanwhile, is no trouble`() async throws {
    try await withPair { pair in
      try await pair.near.withCork {
        try await pair.near.write([1])
        pair.near.close()
      }
      #expect(try await pair.far.read(upTo: 8) == [1])
      await expectError(.closed) { try await pair.near.withCork {} }
    }
  }
}
