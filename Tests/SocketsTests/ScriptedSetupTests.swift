import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// A kernel that does what it rarely does: making sockets and reactors, and stopping in between.
@Suite(.timeLimit(.minutes(1))) struct ScriptedSetupTests {
  private let real = SystemCalls()
  private let ledger = DescriptorLedger()

  @Test func `a reactor that cannot be made leaves no descriptor`() async throws {
    let failures: [(inout SystemCalls) -> Void] = [
      { $0.epollCreate = { -Int(EMFILE) } },
      { $0.eventCreate = { _ in -Int(EMFILE) } },
      { $0.epollControl = { _, _, _, _, _ in -Int(EMFILE) } },
    ]
    for fail in failures {
      var calls = real
      fail(&calls)
      let kernel = ledger.kernel(calls)
      let error = await expectError(.tooManyOpenFiles) { try Reactor(kernel: kernel) }
      #expect(error?.operation == .reactor)
      #expect(error?.errno == EMFILE)
      #expect(ledger.open.isEmpty)
    }
    #expect(ledger.faults == [])
  }

  @Test func `a listener that cannot be made says at which call, and leaves no descriptor`()
    async throws
  {
    let failures: [(SocketError.Operation, (inout SystemCalls) -> Void)] = [
      (.socket, { $0.socket = { _, _, _ in -Int(EMFILE) } }),
      (.option, { unsafe $0.setOption = { _, _, _, _ in -Int(EMFILE) } }),
      (.bind, { unsafe $0.bind = { _, _ in -Int(EMFILE) } }),
      (.listen, { $0.listen = { _, _ in -Int(EMFILE) } }),
      (.listen, { unsafe $0.localName = { _, _, _ in -Int(EMFILE) } }),
    ]
    for (operation, fail) in failures {
      var calls = real
      fail(&calls)
      let ledger = DescriptorLedger()
      let reactor = try Reactor(kernel: ledger.kernel(calls))
      let before = ledger.open
      let error = await expectError(.tooManyOpenFiles) {
        try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
      }
      #expect(error?.operation == operation)
      #expect(error?.localAddress as? SocketAddress == .loopback(port: 0))
      #expect(ledger.open == before)
      #expect(ledger.faults == [])
    }
  }

  @Test func `what epoll refuses is closed and reported`() async throws {
    let isFull = Switch()
    var calls = real
    calls.epollControl = { [real] in
      $1 == epollAdd && isFull.isOn ? -Int(ENOSPC) : real.epollControl($0, $1, $2, $3, $4)
    }
    try await withListener(kernel: ledger.kernel(calls)) { listener, reactor in
      isFull.isOn = true
      let before = ledger.open
      let bind = await expectError(.other) {
        try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
      }
      #expect(bind?.operation == .reactor)
      #expect(bind?.errno == ENOSPC)
      let connect = await expectError(.other) {
        try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      }
      #expect(connect?.errno == ENOSPC)
      await expectError(.other) { try await reactor.waitUntilReadable(listener.descriptor) }
      #expect(ledger.open == before)
      #expect(reactor.statistics.registrations == 1)
    }
    #expect(ledger.faults == [])
  }

  @Test func `a connection to itself is tried three times and then refused`() async throws {
    let connects = Counter()
    var calls = real
    unsafe calls.connect = { [real] in
      connects.increment()
      return unsafe real.connect($0, $1)
    }
    let elsewhere = try await TCPListener.bind(to: .loopback(port: 0))
    unsafe calls.localName = { [real] in unsafe real.peerName($0, $1, &$2) }
    let reactor = try Reactor(kernel: ledger.kernel(calls))
    let before = ledger.open
    await expectError(.connectionRefused) {
      try await TCPConnection.connect(to: elsewhere.localAddress, on: reactor)
    }
    #expect(connects.value == 3)
    #expect(ledger.open == before)
    #expect(ledger.faults == [])
  }

  @Test func `the kernel is asked how a connect has ended only if it has failed`() async throws {
    let questions = Counter()
    var calls = real
    unsafe calls.getOption = { [real] in
      questions.increment()
      return unsafe real.getOption($0, $1, $2, $3, &$4)
    }
    try await withListener(kernel: ledger.kernel(calls)) { listener, reactor in
      let address = listener.localAddress
      let client = try await TCPConnection.connect(to: address, on: reactor)
      #expect(questions.value == 0)
      client.close()
      listener.close()
      await expectError(.connectionRefused) {
        try await TCPConnection.connect(to: address, on: reactor)
      }
      #expect(questions.value <= 1)
    }
  }

  @Test func `the unspecified address is this machine, and one's own port there is refused`()
    async throws
  {
    let listener = try await TCPListener.bind(to: .any(port: 0))
    let port = listener.localAddress.port
    for (address, peer) in [
      (SocketAddress.anyIPv4(port: port), SocketAddress.loopback(port: port)),
      (.any(port: port), .loopbackIPv6(port: port)),
    ] {
      let client = try await TCPConnection.connect(to: address)
      #expect(client.remoteAddress == peer)
    }
    for address in [{ SocketAddress.anyIPv4(port: $0) }, { SocketAddress.any(port: $0) }] {
      #expect(try await codeOfConnectingToItself(by: address) == .connectionRefused)
    }
  }

  /// What comes of a connection from a port that nobody has to the same port.
  private func codeOfConnectingToItself(
    by address: (UInt16) -> SocketAddress
  ) async throws -> SocketError.Code? {
    while true {
      let probe = try await TCPListener.bind(to: address(0))
      let own = address(probe.localAddress.port)
      probe.close()
      do {
        try await TCPConnection.connect(to: own, from: own).close()
        return nil
      } catch let error as SocketError {
        // Somebody else may have been given the port meanwhile.
        if error.code != .addressInUse { return error.code }
      }
    }
  }

  @Test func `a connect that a signal interrupts is in progress, not repeated`() async throws {
    let connects = Counter()
    var calls = real
    unsafe calls.connect = { [real] in
      connects.increment()
      _ = unsafe real.connect($0, $1)
      return -Int(EINTR)
    }
    try await withListener(kernel: ledger.kernel(calls)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let server = try await listener.accept()
      #expect(server.remoteAddress == client.localAddress)
      #expect(connects.value == 1)
    }
  }

  @Test func `a reactor that is stopped during a registration closes the descriptor once`()
    async throws
  {
    let stop = Lock<(@Sendable () -> Void)?>(nil)
    var calls = real
    calls.epollControl = { [real] in
      if $1 == epollAdd, let stop = stop.withLock({ $0 }) { stop() }
      return real.epollControl($0, $1, $2, $3, $4)
    }
    let reactor = try Reactor(kernel: ledger.kernel(calls))
    let before = ledger.open
    stop.withLock { [loop = reactor.loop] in $0 = { loop.stop() } }
    let result = await outcome {
      try await TCPListener.bind(to: .loopback(port: 0), on: [reactor]).accept()
    }
    #expect(result.code == .closed)
    #expect(ledger.open == before)
    #expect(ledger.faults == [])
    stop.withLock { $0 = nil }
  }
}
