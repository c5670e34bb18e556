import CSockets
import FoundationEssentials
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ExistingPathTests {
  /// How many rounds the races run; 1000 and more with `SOCKETS_TEST_ROUNDS=1000` in the environment.
  static let rounds =
    ProcessInfo.processInfo.environment["SOCKETS_TEST_ROUNDS"].flatMap { Int($0) } ?? 25

  @Test(arguments: [ExistingPath.fail, .replaceStale])
  func `a live server is never evicted`(existing: ExistingPath) async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      let live = try await UnixListener.bind(to: address, backlog: 0)
      defer { live.close() }
      let file = FileLook(directory + "/s")
      for _ in 0..<3 {
        let error = await expectError(.addressInUse) {
          try await UnixListener.bind(to: address, existing: existing)
        }
        #expect(error?.operation == .bind)
        #expect(error?.localAddress as? UnixAddress == address)
      }
      #expect(FileLook(directory + "/s") == file)
      // Nobody has connected to find out.
      await expectError(.timedOut) { try await live.accept(deadline: .now) }
      let client = try await UnixConnection.connect(to: address)
      client.close()
    }
  }

  @Test func `a server that is bound and does not listen yet is not evicted`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      for type in [SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM] {
        let server = RawUnixSocket(type: Int32(type.rawValue))
        #expect(server.bind(to: address))
        await expectError(.addressInUse) {
          try await UnixListener.bind(to: address, existing: .replaceStale)
        }
        #expect(FileLook(directory + "/s") != nil)
        unsafe unlink(directory + "/s")
      }
    }
  }

  @Test func `a server with a full queue is not evicted`() async throws {
    try await withFullUnixListener { listener, _ in
      await expectError(.addressInUse) {
        try await UnixListener.bind(to: listener.localAddress, existing: .replaceStale)
      }
    }
  }

  @Test func `a stale file is left alone unless it may be replaced`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      #expect(RawUnixSocket().bind(to: address))
      let stale = FileLook(directory + "/s")
      await expectError(.addressInUse) { try await UnixListener.bind(to: address) }
      #expect(FileLook(directory + "/s") == stale)
      let listener = try await UnixListener.bind(to: address, existing: .replaceStale)
      let client = try await UnixConnection.connect(to: address)
      client.close()
      listener.close()
      #expect(FileLook(directory + "/s") == nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }
  }

  @Test func `what is no socket is never replaced`() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let address = try UnixAddress.path(path)
      #expect(FileManager.default.createFile(atPath: path, contents: Data("precious".utf8)))
      await expectError(.addressInUse) {
        try await UnixListener.bind(to: address, existing: .replaceStale)
      }
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("precious".utf8))
      #expect(RawUnixSocket().bind(to: try .path(directory + "/dead")))
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(
        atPath: path,
        withDestinationPath: directory + "/dead"
      )
      await expectError(.addressInUse) {
        try await UnixListener.bind(to: address, existing: .replaceStale)
      }
      #expect(FileLook(directory + "/dead") != nil)
    }
  }

  @Test func `of two servers started at once over a dead one, one wins`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      for round in 0..<Self.rounds {
        if round % 2 == 0 { #expect(RawUnixSocket().bind(to: address)) }
        @Sendable func start() async -> Outcome<UnixListener> {
          await outcome { try await UnixListener.bind(to: address, existing: .replaceStale) }
        }
        async let one = Task.detached { await start() }.value
        async let other = Task.detached { await start() }.value
        let results = await [one, other]
        let winners = results.compactMap { try? $0.get() }
        #expect(winners.count == 1, "round \(round): \(results)")
        #expect(results.contains { $0.code == .addressInUse })
        let client = try await UnixConnection.connect(to: address)
        client.close()
        for winner in winners { winner.close() }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }
  }

  @Test func `while another program has the lock, the bind waits, and can be cancelled`()
    async throws
  {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      let ledger = DescriptorLedger()
      let reactor = try Reactor(name: "lock", kernel: ledger.kernel())
      let before = ledger.open
      let lock = unsafe open(directory, O_RDONLY | O_CLOEXEC)
      defer { close(lock) }
      try #require(flock(lock, LOCK_EX) == 0)
      func start() -> Task<Outcome<UnixListener>, Never> {
        Task {
          await outcome {
            try await UnixListener.bind(to: address, existing: .replaceStale, on: [reactor])
          }
        }
      }
      let cancelled = start()
      try await reactor.waitUntil { $0.timers > 0 }
      cancelled.cancel()
      #expect(await cancelled.value.isCancellation)
      #expect(ledger.open == before)
      let waiting = start()
      try await waitUntil { ledger.open.count > before.count }
      flock(lock, LOCK_UN)
      let listener = try await waiting.value.get()
      listener.close()
      #expect(ledger.open == before)
      #expect(ledger.faults == [])
    }
  }

  @Test func `the close of an old server leaves its successor's file`() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let address = try UnixAddress.path(path)
      let old = try await UnixListener.bind(to: address)
      unsafe unlink(path)
      let successor = try await UnixListener.bind(to: address)
      old.close()
      old.close()
      let client = try await UnixConnection.connect(to: address)
      client.close()
      successor.close()
      #expect(FileLook(path) == nil)
    }
  }
}
