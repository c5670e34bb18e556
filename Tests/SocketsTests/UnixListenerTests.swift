import FoundationEssentials
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UnixListenerTests {
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

  /// In a process of its own, since the umask is the process's.
  @Test func `the bind itself makes the file with its permissions, and leaves the umask`() async {
    await #expect(processExitsWith: .success) {
      try await withDirectory { directory in
        let path = directory + "/s"
        let atBirth = Lock<UInt32?>(nil)
        let real = SystemCalls()
        var calls = real
        unsafe calls.bind = { fd, address in
          let result = unsafe real.bind(fd, address)
          atBirth.withLock { $0 = FileLook(path)?.mode }
          return result
        }
        let reactor = try Reactor(kernel: Kernel(calls))
        let cases: [(mask: mode_t, mode: UInt16?, expected: UInt32)] = [
          (0, 0o600, 0o600), (0, nil, 0o777), (0o077, 0o660, 0o600), (0o027, nil, 0o750),
        ]
        for (mask, mode, expected) in cases {
          umask(mask)
          let listener = try await UnixListener.bind(to: .path(path), mode: mode, on: [reactor])
          let found = atBirth.withLock { $0 }
          precondition(found == expected, "\(found ?? 0) at birth, not \(expected)")
          precondition(FileLook(path)?.mode == expected)
          precondition(umask(0) == mask)
          listener.close()
        }
      }
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
      for _ in 0..<ExistingPathTests.rounds {
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
