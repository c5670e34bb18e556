import FoundationEssentials
import Glibc
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UnixListenerTests {
  /// How many rounds the races run; 1000 and more with `SOCKETS_TEST_ROUNDS=1000` in the environment.
  static let rounds =
    ProcessInfo.processInfo.environment["SOCKETS_TEST_ROUNDS"].flatMap { Int($0) } ?? 25

  @Test func `a path of 107 bytes works at both ends`() async throws {
    try await withDirectory { directory in
      let path = directory + "/" + String(repeating: "p", count: 106 - directory.utf8.count)
      let address = try UnixAddress.path(path)
      let listener = try await UnixListener.bind(to: address)
      defer { listener.close() }
      #expect(listener.localAddress == address)
      let client = try await UnixConnection.connect(to: address)
      let accepted = try await listener.accept()
      #expect(client.remoteAddress == address)
      #expect(client.localAddress == .unnamed)
      #expect(accepted.localAddress == address)
      #expect(accepted.remoteAddress == .unnamed)
      client.close()
      accepted.close()
    }
  }

  @Test func `a path of 108 bytes, which another program bound, is told and connected to`()
    async throws
  {
    try await withDirectory { directory in
      let path = directory + "/" + String(repeating: "p", count: 107 - directory.utf8.count)
      let address = UnixAddress(bytes: Array(path.utf8))
      let peer = RawUnixSocket()
      #expect(peer.bind(to: address) && peer.listen())
      let kernelName = try Socket(number: peer.number, kernel: .linux).localAddress()
      #expect(kernelName.unixAddress == address)
      let client = try await UnixConnection.connect(to: address)
      client.close()
    }
  }

  @Test func `abstract names are binary and as long as they are`() async throws {
    let unique = Array("sockets-\(getpid())-\(UInt32.random(in: 0...UInt32.max))".utf8)
    let zeros = [UInt8](repeating: 0, count: 50)
    let names = [unique, unique + [0], unique + [0, 255, 0], zeros + unique]
    var listeners: [UnixListener] = []
    for name in names {
      let listener = try await UnixListener.bind(to: .abstract(name))
      #expect(listener.localAddress.abstractName == name)
      listeners.append(listener)
    }
    for (listener, name) in zip(listeners, names) {
      let client = try await UnixConnection.connect(to: .abstract(name))
      #expect(try await listener.accept().localAddress == .abstract(name))
      client.close()
    }
    await expectError(.addressInUse) { try await UnixListener.bind(to: .abstract(names[0])) }
    for listener in listeners { listener.close() }
    await expectError(.connectionRefused) {
      try await UnixConnection.connect(to: .abstract(unique))
    }
  }

  @Test func `without a name, the kernel chooses one`() async throws {
    let listener = try await UnixListener.bind(to: .unnamed)
    defer { listener.close() }
    #expect(listener.localAddress.abstractName?.isEmpty == false)
    let client = try await UnixConnection.connect(to: listener.localAddress)
    client.close()
  }

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

  @Test func `dropping the last reference removes the file, stopping the reactor does not`()
    async throws
  {
    try await withDirectory { directory in
      let path = directory + "/s"
      _ = try await UnixListener.bind(to: .path(path))
      #expect(FileLook(path) == nil)
      let reactor = try Reactor(name: "stopped")
      let listener = try await UnixListener.bind(to: .path(path), on: [reactor])
      await reactor.stop()
      listener.close()
      #expect(FileLook(path) != nil)
    }
  }

  @Test func `a bind that fails later leaves neither descriptor nor file`() async throws {
    try await withDirectory { directory in
      let ledger = DescriptorLedger()
      var calls = SystemCalls()
      calls.listen = { _, _ in -Int(EOPNOTSUPP) }
      let reactor = try Reactor(name: "failing", kernel: ledger.kernel(calls))
      let before = ledger.open
      let error = await expectError(.notSupported) {
        try await UnixListener.bind(to: .path(directory + "/s"), on: [reactor])
      }
      #expect(error?.operation == .listen)
      #expect(ledger.open == before)
      #expect(FileLook(directory + "/s") == nil)
    }
  }

  @Test func `the file never has wider permissions than were asked for`() async throws {
    try await withDirectory { directory in
      let path = directory + "/s"
      let done = Lock(false)
      let widest = Task.detached {
        var widest: UInt32 = 0
        var looks = 0
        while !done.withLock({ $0 }) {
          if let file = FileLook(path) {
            widest |= file.mode
            looks += 1
          }
          await Task.yield()
        }
        return (widest, looks)
      }
      for _ in 0..<Self.rounds {
        let listener = try await UnixListener.bind(to: .path(path), mode: 0o600)
        #expect(FileLook(path)?.mode == 0o600)
        listener.close()
      }
      done.withLock { $0 = true }
      let (mode, looks) = await widest.value
      #expect(mode & ~0o600 == 0, "\(looks) looks")
    }
  }

  @Test func `permissions that there are not are refused`() async throws {
    try await withDirectory { directory in
      for (address, mode) in [
        (try UnixAddress.path(directory + "/s"), UInt16(0o1777)),
        (try .abstract("sockets-\(directory)"), 0o600), (.unnamed, 0o600),
      ] {
        let error = await expectError(.invalidArgument) {
          try await UnixListener.bind(to: address, mode: mode)
        }
        #expect(error?.detail != nil)
        #expect(error?.localAddress as? UnixAddress == address)
      }
      #expect(FileLook(directory + "/s") == nil)
    }
  }

  @Test func `a directory that does not exist is said to be missing`() async throws {
    for existing in [ExistingPath.fail, .replaceStale] {
      await expectError(.fileNotFound) {
        try await UnixListener.bind(to: .path("/nowhere/at/all"), existing: existing)
      }
    }
  }

  @Test func `draining lets nobody new in, serves those who wait, and removes the file`()
    async throws
  {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      let listener = try await UnixListener.bind(to: address)
      let queued = try await UnixConnection.connect(to: address)
      let other = try await UnixConnection.connect(to: address)
      listener.drain(grace: .seconds(10))
      await expectError(.connectionRefused) { try await UnixConnection.connect(to: address) }
      let report = try await listener.serve { connection in
        try await connection.write("served")
      }
      #expect(report.accepted == 2)
      for client in [queued, other] {
        #expect(try await client.readAll() == Array("served".utf8))
      }
      #expect(listener.isClosed)
      #expect(FileLook(directory + "/s") == nil)
    }
  }

  @Test func `closing ends the sequence of connections`() async throws {
    let listener = try await UnixListener.bind(to: .unnamed)
    async let count = listener.connections.reduce(0) { count, connection in
      connection.close()
      return count + 1
    }
    let client = try await UnixConnection.connect(to: listener.localAddress)
    #expect(try await client.read(upTo: 1) == nil)
    listener.close()
    #expect(try await count == 1)
  }
}
