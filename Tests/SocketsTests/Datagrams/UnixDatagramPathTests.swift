import CSockets
import FoundationEssentials
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The files of bound sockets: who may have them, and when they go.
@Suite(.timeLimit(.minutes(1))) struct UnixDatagramPathTests {
  @Test func `a path of 107 bytes works, and its file goes with the socket`() async throws {
    try await withDirectory { directory in
      let path = directory + "/" + String(repeating: "p", count: 106 - directory.utf8.count)
      let address = try UnixAddress.path(path)
      let socket = try await UnixDatagramSocket.bind(to: address, mode: 0o600)
      #expect(socket.localAddress == address)
      #expect(FileLook(path)?.mode == 0o600)
      try await socket.send([1], to: address)
      #expect(try await socket.receive().sender == address)
      socket.close()
      #expect(FileLook(path) == nil)
      // The last handle closes too, and so does a connected socket's own path.
      _ = try await UnixDatagramSocket.bind(to: address)
      #expect(FileLook(path) == nil)
      try await withUnixReceiver { server, _ in
        let client = try await UnixDatagramSocket.connect(
          to: server.localAddress,
          from: address,
          mode: 0o640
        )
        #expect(FileLook(path)?.mode == 0o640)
        try await client.send([2])
        #expect(try await server.receive().sender == address)
        client.close()
      }
      #expect(FileLook(path) == nil)
    }
  }

  @Test func `permissions that there are not are refused before any call`() async throws {
    let ledger = DescriptorLedger()
    let reactor = try Reactor(name: "datagrams", kernel: ledger.kernel())
    let opened = ledger.opened
    for (address, mode) in [(UnixAddress.unnamed, 0o600), (try .path("/tmp/x"), 0o1777)] {
      let error = await expectError(.invalidArgument) {
        try await UnixDatagramSocket.bind(to: address, mode: UInt16(mode), on: reactor)
      }
      #expect(error?.detail != nil && error?.localAddress as? UnixAddress == address)
    }
    #expect(ledger.opened == opened)
  }

  @Test func `a live socket of any kind is never evicted`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      for existing in [ExistingPath.fail, .replaceStale] {
        let live = try await UnixDatagramSocket.bind(to: address)
        let file = FileLook(directory + "/s")
        let error = await expectError(.addressInUse) {
          try await UnixDatagramSocket.bind(to: address, existing: existing)
        }
        #expect(error?.operation == .bind && error?.localAddress as? UnixAddress == address)
        await expectError(.addressInUse) {
          try await UnixDatagramSocket.connect(to: address, from: address, existing: existing)
        }
        await expectError(.addressInUse) {
          try await UnixListener.bind(to: address, existing: existing)
        }
        #expect(FileLook(directory + "/s") == file)
        // The look at it has left no trace.
        try await live.send([1], to: address)
        #expect(try await live.receive().payload == [1])
        live.close()
        let listener = try await UnixListener.bind(to: address)
        await expectError(.addressInUse) {
          try await UnixDatagramSocket.bind(to: address, existing: existing)
        }
        listener.close()
      }
    }
  }

  @Test func `a stale file is left alone unless it may be replaced`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      #expect(RawUnixSocket(type: Int32(SOCK_DGRAM.rawValue)).bind(to: address))
      let stale = FileLook(directory + "/s")
      await expectError(.addressInUse) { try await UnixDatagramSocket.bind(to: address) }
      #expect(FileLook(directory + "/s") == stale)
      let socket = try await UnixDatagramSocket.bind(to: address, existing: .replaceStale)
      try await socket.send([1], to: address)
      socket.close()
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }
  }

  @Test func `of two sockets bound at once over a dead one, one wins`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      for round in 0..<ExistingPathTests.rounds {
        if round.isMultiple(of: 2) { #expect(RawUnixSocket().bind(to: address)) }
        @Sendable func start() async -> Outcome<UnixDatagramSocket> {
          await outcome { try await UnixDatagramSocket.bind(to: address, existing: .replaceStale) }
        }
        async let one = Task.detached { await start() }.value
        async let other = Task.detached { await start() }.value
        let results = await [one, other]
        let winners = results.compactMap { try? $0.get() }
        #expect(winners.count == 1, "round \(round): \(results)")
        #expect(results.contains { $0.code == .addressInUse })
        for winner in winners {
          try await winner.send([1], to: address)
          winner.close()
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }
  }

  @Test func `the close of an old socket leaves its successor's file`() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let old = try await UnixDatagramSocket.bind(to: .path(path))
      unsafe unlink(path)
      let successor = try await UnixDatagramSocket.bind(to: .path(path))
      old.close()
      old.close()
      #expect(FileLook(path) != nil)
      try await successor.send([1], to: .path(path))
      successor.close()
      #expect(FileLook(path) == nil)
    }
  }

  @Test func `a connect that fails removes the file that it was bound to`() async throws {
    try await withDirectory { directory in
      let ledger = DescriptorLedger()
      let reactor = try Reactor(name: "datagrams", kernel: ledger.kernel())
      let before = ledger.open
      let (source, nobody) = (
        try UnixAddress.path(directory + "/source"), try UnixAddress.path(directory + "/nobody")
      )
      let error = await expectError(.fileNotFound) {
        try await UnixDatagramSocket.connect(to: nobody, from: source, on: reactor)
      }
      #expect(error?.operation == .connect)
      #expect(error?.localAddress as? UnixAddress == source)
      #expect(error?.remoteAddress as? UnixAddress == nobody)
      #expect(ledger.open == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }
  }
}
