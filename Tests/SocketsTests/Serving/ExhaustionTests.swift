import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// What a server does when descriptors run out.
@Suite(.timeLimit(.minutes(1))) struct ExhaustionTests {
  /// A kernel whose `accept4` follows a script.
  private func kernel(accept script: Script) -> Kernel {
    var calls = SystemCalls()
    let real = calls
    unsafe calls.accept = { unsafe script.next() ?? real.accept($0, $1, &$2, $3) }
    return Kernel(calls)
  }

  /// Expects that the client is served.
  private func expectEcho(_ client: TCPConnection) async throws {
    try await client.write("x")
    #expect(try await client.read(exactly: 1) == Array("x".utf8))
  }

  @Test func `backing off leaves the client in the queue and counts the pauses`() async throws {
    // The first look is followed by another at once.
    let kernel = kernel(accept: Script(errors: EMFILE, EMFILE, ENFILE))
    try await withListener(kernel: kernel) { listener, _ in
      async let report = listener.serve { try await echo($0) }
      try await TCPConnection.connect(to: listener.localAddress) { try await expectEcho($0) }
      listener.drain(grace: .seconds(600))
      let served = try await report
      #expect(served.accepted == 1)
      #expect(served.pauses == 2)
      #expect(served.refused == 0)
    }
  }

  @Test func `shedding resets the client that there is no descriptor for, and serves the next`()
    async throws
  {
    // The second accept is the one with the descriptor that was kept in reserve.
    let script = Script([-Int(EMFILE), nil, nil])
    try await withListener(kernel: kernel(accept: script)) { listener, _ in
      let first = try await TCPConnection.connect(to: listener.localAddress)
      async let report = listener.serve(whenExhausted: .shed) { try await echo($0) }
      await expectError(.connectionReset) { try await first.read(upTo: 1) }
      try await TCPConnection.connect(to: listener.localAddress) { try await expectEcho($0) }
      listener.drain(grace: .seconds(600))
      let served = try await report
      #expect(served.accepted == 1)
      #expect(served.refused == 1)
      #expect(served.pauses == 0)
      first.close()
    }
  }

  @Test func `where the reserve does not help, shedding backs off`() async throws {
    let script = Script(errors: ENOMEM, ENOMEM)
    try await withListener(kernel: kernel(accept: script)) { listener, _ in
      let client = try await TCPConnection.connect(to: listener.localAddress)
      async let report = listener.serve(whenExhausted: .shed) { try await echo($0) }
      try await expectEcho(client)
      client.close()
      listener.drain(grace: .seconds(600))
      let served = try await report
      #expect(served.refused == 0)
      #expect(served.pauses == 1)
    }
  }

  @Test func `a reserve that cannot be had is no reason not to serve`() async throws {
    let events = Counter()
    var calls = SystemCalls()
    let real = calls
    // The reactor's own eventfd is the first.
    calls.eventCreate = { events.increment() == 1 ? real.eventCreate($0) : -Int(EMFILE) }
    let script = Script(errors: EMFILE, EMFILE)
    unsafe calls.accept = { unsafe script.next() ?? real.accept($0, $1, &$2, $3) }
    try await withListener(kernel: Kernel(calls)) { listener, _ in
      let client = try await TCPConnection.connect(to: listener.localAddress)
      async let report = listener.serve(whenExhausted: .shed) { try await echo($0) }
      try await expectEcho(client)
      client.close()
      listener.drain(grace: .seconds(600))
      #expect(try await report.pauses == 1)
    }
  }

  @Test func `while accepting pauses, the descriptor in reserve is the program's`() async throws {
    let ledger = DescriptorLedger()
    let isExhausted = Switch()
    var calls = SystemCalls()
    let real = calls
    unsafe calls.accept = {
      isExhausted.isOn ? -Int(EMFILE) : unsafe real.accept($0, $1, &$2, $3)
    }
    try await withListener(kernel: ledger.kernel(calls)) { listener, _ in
      async let report = listener.serve { try await echo($0) }
      try await TCPConnection.connect(to: listener.localAddress) { try await expectEcho($0) }
      // epoll, its wake-up, the listener, and the reserve.
      try await waitUntil { ledger.open.count == 4 }
      isExhausted.isOn = true
      let client = try await TCPConnection.connect(to: listener.localAddress)
      try await waitUntil { ledger.open.count == 3 }
      isExhausted.isOn = false
      try await expectEcho(client)
      #expect(ledger.open.count == 5)
      client.close()
      listener.drain(grace: .seconds(600))
      #expect(try await report.pauses > 0)
    }
    #expect(ledger.faults.isEmpty)
  }

  @Test func `what comes free is for the reserve first, and then for a client`() async throws {
    let (isExhausted, left) = (Switch(), Counter())
    var calls = SystemCalls()
    let real = calls
    unsafe calls.accept = {
      isExhausted.isOn ? -Int(EMFILE) : unsafe real.accept($0, $1, &$2, $3)
    }
    calls.eventCreate = { flags in
      if isExhausted.isOn { left.increment() }
      return isExhausted.isOn ? -Int(EMFILE) : real.eventCreate(flags)
    }
    try await withListener(kernel: Kernel(calls)) { listener, _ in
      async let report = listener.serve { try await echo($0) }
      try await TCPConnection.connect(to: listener.localAddress) { try await expectEcho($0) }
      isExhausted.isOn = true
      let client = try await TCPConnection.connect(to: listener.localAddress)
      try await waitUntil { left.value > 0 }
      isExhausted.isOn = false
      try await expectEcho(client)
      client.close()
      listener.drain(grace: .seconds(600))
      #expect(try await report.pauses > 1)
    }
  }

  @Test func `a drain ends in time although there is no descriptor for those who are queued`()
    async throws
  {
    var calls = SystemCalls()
    unsafe calls.accept = { _, _, _, _ in -Int(EMFILE) }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress)
      async let report = listener.serve { try await echo($0) }
      try await reactor.waitUntilParked(readers: 1)
      listener.drain(grace: .milliseconds(10))
      #expect(try await report.accepted == 0)
      #expect(listener.isClosed)
      await expectError(.connectionReset) { try await client.read(upTo: 1) }
      client.close()
    }
  }

  @Test func `failing ends serve with the error, its handlers cancelled`() async throws {
    let script = Script([nil, -Int(EMFILE)])
    try await withListener(kernel: kernel(accept: script)) { listener, _ in
      let first = try await TCPConnection.connect(to: listener.localAddress)
      let second = try await TCPConnection.connect(to: listener.localAddress)
      let error = await expectError(.tooManyOpenFiles) {
        try await listener.serve(whenExhausted: .fail) { try await echo($0) }
      }
      #expect(error?.errno == EMFILE)
      #expect(try await first.read(upTo: 1) == nil)
      #expect(!listener.isClosed)
      let connection = try await listener.accept()
      #expect(connection.remoteAddress == second.localAddress)
      first.close()
      second.close()
    }
  }

  @Test func `clients that are gone before their accept are counted`() async throws {
    let kernel = kernel(accept: Script(errors: ECONNABORTED, EPROTO))
    try await withListener(kernel: kernel) { listener, _ in
      let client = try await TCPConnection.connect(to: listener.localAddress)
      async let report = listener.serve(maxConnections: 1) { try await echo($0) }
      try await expectEcho(client)
      client.close()
      listener.drain(grace: .seconds(600))
      let served = try await report
      #expect(served.aborted == 2)
      #expect(served.accepted == 1)
    }
  }

  @Test func `a client that no reactor can register is refused`() async throws {
    var calls = SystemCalls()
    let real = calls
    let registered = Counter()
    calls.epollControl = { epoll, operation, number, events, token in
      // The reactor's wake-up, the listener, and then the first connection.
      let isThird = operation == epollAdd && registered.increment() == 3
      return isThird ? -Int(ENOSPC) : real.epollControl(epoll, operation, number, events, token)
    }
    try await withListener(kernel: Kernel(calls)) { listener, _ in
      let client = try await TCPConnection.connect(to: listener.localAddress)
      async let report = listener.serve { try await echo($0) }
      #expect(try await client.read(upTo: 1) == nil)
      client.close()
      listener.drain(grace: .seconds(600))
      let served = try await report
      #expect(served.refused == 1)
      #expect(served.accepted == 0)
    }
  }
}
