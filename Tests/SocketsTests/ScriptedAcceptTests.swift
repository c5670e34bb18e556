import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// A kernel that does what it rarely does: listeners.
@Suite(.timeLimit(.minutes(1))) struct ScriptedAcceptTests {
  private let real = SystemCalls()

  /// A kernel whose `accept4` follows a script.
  private func kernel(accept script: Script) -> Kernel {
    var calls = real
    unsafe calls.accept = { [real] in unsafe script.next() ?? real.accept($0, $1, &$2, $3) }
    return Kernel(calls)
  }

  /// A table in which no timer runs out: who would sleep for a while in `epoll_wait` sleeps on.
  private var withoutTimers: SystemCalls {
    var calls = real
    unsafe calls.epollWait = { [real] in unsafe real.epollWait($0, $1, $2 > 0 ? -1 : $2) }
    return calls
  }

  @Test(arguments: AcceptDispositionTests.perConnection)
  func `an error of one client does not end the sequence`(number: Int32) async throws {
    let script = Script(errors: number, number)
    try await withListener(kernel: kernel(accept: script)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      for try await connection in listener.connections {
        #expect(connection.remoteAddress == client.localAddress)
        break
      }
      #expect(script.calls == 3)
    }
  }

  @Test(arguments: AcceptDispositionTests.fatal)
  func `an error of the listener itself is thrown`(number: Int32) async throws {
    let script = Script(errors: number)
    try await withListener(kernel: kernel(accept: script)) { listener, reactor in
      let error = await expectError(Errno(number).code) { try await listener.accept() }
      #expect(error?.operation == .accept)
      #expect(error?.errno == number)
      #expect(error?.localAddress as? SocketAddress == listener.localAddress)
    }
  }

  @Test(arguments: AcceptDispositionTests.exhaustion)
  func `exhaustion passes after a while, without any event`(number: Int32) async throws {
    let script = Script(errors: number, number)
    try await withListener(kernel: kernel(accept: script)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      for try await connection in listener.connections {
        #expect(connection.remoteAddress == client.localAddress)
        break
      }
      #expect(script.calls == 3)
    }
  }

  @Test func `exhaustion passes by itself where nobody else closes anything`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let script = Script(errors: EMFILE, EMFILE, EMFILE)
      var calls = SystemCalls()
      unsafe calls.accept = { [real = calls] in
        unsafe script.next() ?? real.accept($0, $1, &$2, $3)
      }
      let reactor = try Reactor(kernel: Kernel(calls))
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let accepted = try await listener.accept()
      exit(accepted.remoteAddress == client.localAddress ? 7 : 1)
    }
  }

  @Test func `a descriptor that comes free before the listener asks for one is not missed`()
    async throws
  {
    let script = Script(errors: EMFILE)
    var calls = withoutTimers
    unsafe calls.accept = { [real] in unsafe script.next() ?? real.accept($0, $1, &$2, $3) }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      #expect(try await listener.accept().remoteAddress == client.localAddress)
    }
  }

  @Test func `exhaustion passes as soon as the library closes a descriptor`() async throws {
    let isExhausted = Switch(true)
    // Nothing but the close can wake the acceptor.
    var calls = withoutTimers
    unsafe calls.accept = { [real] in
      isExhausted.isOn ? -Int(EMFILE) : unsafe real.accept($0, $1, &$2, $3)
    }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      async let accepted = listener.accept()
      try await reactor.waitUntilParked(readers: 1)
      isExhausted.isOn = false
      try await TCPListener.bind(to: .loopback(port: 0)).close()
      #expect(try await accepted.remoteAddress == client.localAddress)
    }
  }

  @Test(arguments: [true, false])
  func `whoever is cut short in the pause leaves the client to the next`(
    isCancelled: Bool
  ) async throws {
    let isExhausted = Switch(true)
    var calls = real
    unsafe calls.accept = { [real] in
      isExhausted.isOn ? -Int(EMFILE) : unsafe real.accept($0, $1, &$2, $3)
    }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let deadline = ContinuousClock.now + .milliseconds(15)
      let first = Task {
        await outcome { try await listener.accept(deadline: isCancelled ? nil : deadline) }
      }
      try await reactor.waitUntilParked(readers: 1)
      async let second = listener.accept(deadline: .now + .seconds(10))
      try await reactor.waitUntilParked(readers: 2)
      if isCancelled { first.cancel() }
      let end = await first.value
      #expect(isCancelled ? end.isCancellation : end.code == .timedOut)
      isExhausted.isOn = false
      #expect(try await second.remoteAddress == client.localAddress)
    }
  }

  @Test func `a drain goes on after an accept that was cut short`() async throws {
    // Where a handshake may take a while.
    try await withListener(to: SocketAddress("0.0.0.0", port: 0)) { listener, _ in
      listener.drain(grace: .seconds(10))
      await expectError(.timedOut) { try await listener.accept(deadline: .now) }
      await expectError(.closed) { try await listener.accept(deadline: .now + .seconds(10)) }
    }
  }

  @Test func `exhaustion obeys the deadline and the close`() async throws {
    var calls = real
    unsafe calls.accept = { _, _, _, _ in -Int(EMFILE) }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      let deadline = ContinuousClock.now + .milliseconds(15)
      await expectError(.timedOut) { try await listener.accept(deadline: deadline) }
      #expect(ContinuousClock.now >= deadline)
      async let accept = outcome { try await listener.accept() }
      try await reactor.waitUntilParked(readers: 1)
      listener.close()
      #expect(await accept.code == .closed)
    }
  }

  @Test(arguments: [ENOMEM, ENOSPC])
  func `a connection that epoll has no room for does not end the sequence`(
    number: Int32
  ) async throws {
    let ledger = DescriptorLedger()
    let isFull = Switch()
    var calls = real
    calls.epollControl = { [real] in
      if $1 == epollAdd, isFull.isOn {
        isFull.isOn = false
        return -Int(number)
      }
      return real.epollControl($0, $1, $2, $3, $4)
    }
    try await withListener(kernel: ledger.kernel(calls)) { listener, reactor in
      let first = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let second = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      isFull.isOn = true
      for try await connection in listener.connections {
        #expect(connection.remoteAddress == second.localAddress)
        break
      }
      #expect(try await first.read(upTo: 1) == nil)
    }
    #expect(ledger.faults == [])
  }

  @Test(arguments: [ENOMEM, ENOSPC])
  func `a pause for which epoll has no room is one, and costs one client`(
    number: Int32
  ) async throws {
    let isFull = Switch()
    let refused = Counter()
    // Only something else could end the pause.
    var calls = withoutTimers
    calls.epollControl = { [real] in
      guard $1 == epollAdd, isFull.isOn else { return real.epollControl($0, $1, $2, $3, $4) }
      refused.increment()
      return -Int(number)
    }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      let first = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      let second = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      isFull.isOn = true
      async let accepted = listener.accept()
      try await reactor.waitUntilParked(readers: 1)
      #expect(refused.value == 1)
      #expect(try await first.read(upTo: 1) == nil)
      isFull.isOn = false
      let third = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      #expect(try await accepted.remoteAddress == second.localAddress)
      third.close()
    }
  }

  @Test func `a listener that has found descriptors again is told of none`() async throws {
    let (script, accepts) = (Script(errors: EMFILE, EMFILE), Counter())
    let (looks, look) = AsyncStream.makeStream(of: Void.self)
    var calls = real
    unsafe calls.accept = { [real] in
      if accepts.increment() == 3 { look.yield() }
      return unsafe script.next() ?? real.accept($0, $1, &$2, $3)
    }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      async let accept = outcome { try await listener.accept() }
      for await _ in looks { break }
      try await reactor.waitUntilParked(readers: 1)
      try await TCPListener.bind(to: .loopback(port: 0)).close()
      try await reactor.waitUntilParked(readers: 1)
      #expect(accepts.value == 3)
      listener.close()
      #expect(await accept.code == .closed)
    }
  }
}
