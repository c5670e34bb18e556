import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// What happens in the very moment of a system call, which the kernel's table here brings about.
@Suite(.timeLimit(.minutes(1))) struct ScriptedMomentTests {
  private let real = SystemCalls()

  /// Something to do at the next system call, once.
  private final class Moment: Sendable {
    private let action = Lock<(@Sendable () -> Void)?>(nil)

    func set(_ action: @escaping @Sendable () -> Void) { self.action.withLock { $0 = action } }

    func come() { action.withLock { $0.take() }?() }
  }

  @Test func `a close in the midst of a call releases the number behind the call`() async throws {
    let moment = Moment()
    let steps = Lock<[String]>([])
    var calls = real
    unsafe calls.recv = { [real] fd, buffer, flags in
      moment.come()
      defer { steps.withLock { $0.append("received from \(fd)") } }
      return unsafe real.recv(fd, buffer, flags)
    }
    calls.close = { [real] fd in
      steps.withLock { $0.append("closed \(fd)") }
      return real.close(fd)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let number = pair.near.descriptor
      steps.withLock { $0 = [] }
      try await pair.far.write([1])
      let near = pair.near
      moment.set { near.close() }
      _ = await outcome { try await near.read(upTo: 1) }
      #expect(steps.withLock { $0 } == ["received from \(number)", "closed \(number)"])
    }
  }

  @Test func `a write that is cancelled as it is handed its turn hands it on`() async throws {
    let moment = Moment()
    let isFull = Switch(true)
    var calls = real
    unsafe calls.send = { [real] fd, bytes, flags in
      if isFull.isOn { return -Int(EAGAIN) }
      moment.come()
      return unsafe real.send(fd, bytes, flags)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let (near, reactor) = (pair.near, pair.reactor)
      // On one thread, so that nobody runs before the first one's call is over.
      let first = Task(executorPreference: reactor) { await outcome { try await near.write([1]) } }
      try await reactor.waitUntilParked(writers: 1)
      let second = Task(executorPreference: reactor) { await outcome { try await near.write([2]) } }
      try await reactor.waitUntilParked(writers: 2)
      let third = Task(executorPreference: reactor) { await outcome { try await near.write([3]) } }
      try await reactor.waitUntilParked(writers: 3)
      // Its cancellation resumes the second one; before that runs, the end of the first gives it the
      // turn, which it may use, or must pass on.
      moment.set { second.cancel() }
      isFull.isOn = false
      near.stream.registration.signal(.write)
      try await first.value.get()
      try await third.value.get()
      let isCancelled = await second.value.isCancellation
      try await near.finish()
      #expect(try await pair.far.readAll() == (isCancelled ? [1, 3] : [1, 2, 3]))
    }
  }

  @Test func `a write that is refused while a read is told of a reset waits for what it says`()
    async throws
  {
    let moment = Moment()
    var calls = real
    unsafe calls.recv = { _, _, _ in
      moment.come()
      return -Int(ECONNRESET)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let near = pair.near
      let meanwhile = Lock<Int>(0)
      try await pair.far.write([1])
      moment.set { meanwhile.withLock { $0 = near.stream.checkedWrite(-Int(EPIPE)) } }
      await expectError(.connectionReset) { try await near.read(upTo: 1) }
      #expect(meanwhile.withLock { $0 } == -Int(EINTR))
      #expect(near.stream.checkedWrite(-Int(EPIPE)) == -Int(ECONNRESET))
    }
  }

  @Test func `nothing is given away in the midst of a call`() async throws {
    let moment = Moment()
    var calls = real
    unsafe calls.recv = { [real] fd, buffer, flags in
      moment.come()
      return unsafe real.recv(fd, buffer, flags)
    }
    unsafe calls.send = { [real] fd, bytes, flags in
      moment.come()
      return unsafe real.send(fd, bytes, flags)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let near = pair.near
      let refusal = Lock<SocketError?>(nil)
      let giveAway: @Sendable () -> Void = {
        do {
          _ = try near.detach()
        } catch {
          refusal.withLock { $0 = error as? SocketError }
        }
      }
      try await pair.far.write("line\nrest")
      moment.set(giveAway)
      #expect(try await near.read(until: 0x0A) == Array("line".utf8))
      #expect(refusal.withLock { $0?.code } == .concurrentRead)
      #expect(try await near.read(exactly: 4) == Array("rest".utf8))
      moment.set(giveAway)
      try await near.write([1])
      #expect(refusal.withLock { $0?.errno } == EBUSY)
      #expect(try await pair.far.read(upTo: 8) == [1])
      _ = try near.detach()
    }
  }

  @Test func `a listener that is closed as it finds no descriptor pauses no more`() async throws {
    let (moment, accepts) = (Moment(), Counter())
    var calls = real
    unsafe calls.accept = { _, _, _, _ in
      // The first one has it ask to be told of descriptors.
      if accepts.increment() == 2 { moment.come() }
      return -Int(EMFILE)
    }
    try await withEventLog { log in
      try await withListener(kernel: Kernel(calls)) { listener, _ in
        moment.set { listener.close() }
        await expectError(.closed) { try await listener.accept() }
        #expect(log.pauses(of: listener.registration).isEmpty)
        #expect(log.closings(of: listener.registration).map(\.reason) == [.closed])
      }
    }
  }

  /// Closes a listener as soon as that pauses.
  private final class Closer: SocketObserver {
    let listener: TCPListener

    init(_ listener: TCPListener) { self.listener = listener }

    func observe(_ event: SocketEvent) {
      guard case .acceptPaused(let socket, _) = event,
        socket.id == listener.registration.identity?.id
      else { return }
      listener.close()
    }
  }

  @Test func `a close by an observer of a pause is told to others behind the pause`() async throws {
    var calls = SystemCalls()
    unsafe calls.accept = { _, _, _, _ in -Int(EMFILE) }
    try await withListener(kernel: Kernel(calls)) { listener, _ in
      let closer = Closer(listener)
      try Reactor.addObserver(closer)
      defer { Reactor.removeObserver(closer) }
      try await withEventLog { log in
        await expectError(.closed) { try await listener.accept() }
        let events = log.events(of: listener.registration)
        #expect(events.count == 2)
        if case .acceptPaused = events.first {} else { Issue.record("first: \(events)") }
        #expect(log.closings(of: listener.registration).map(\.reason) == [.closed])
      }
    }
  }

  @Test func `a read that is cancelled as it takes bytes returns them`() async throws {
    let moment = Moment()
    var calls = real
    unsafe calls.recv = { [real] fd, buffer, flags in
      moment.come()
      return unsafe real.recv(fd, buffer, flags)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let near = pair.near
      let reading = Task {
        try await withUnsafeTemporaryByte { span in try await near.read(into: &span) }
      }
      try await pair.reactor.waitUntilParked(readers: 1)
      moment.set { reading.cancel() }
      try await pair.far.write([7])
      #expect(try await reading.value == 1)
    }
  }

  @Test
  func `a client who comes between a look into the queue and the drain is served`() async throws {
    let moment = Moment()
    var calls = real
    unsafe calls.accept = { [real] fd, address, length, flags in
      let result = unsafe real.accept(fd, address, &length, flags)
      if result == -Int(EAGAIN) { moment.come() }
      return result
    }
    let reactor = try Reactor(kernel: Kernel(calls))
    let bound = try await TCPListener.bind(to: .loopback(port: 0))
    // Adopted: nobody is refused, and so nobody is waited for.
    let listener = try TCPListener(adopting: bound.detach(), on: [reactor])
    let client = Lock<Int32>(-1)
    moment.set {
      let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      unsafe KernelAddress(listener.localAddress).withBytes { bytes in
        let address = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        _ = unsafe Glibc.connect(number, address, socklen_t(bytes.count))
      }
      client.withLock { $0 = number }
      listener.drain(grace: .seconds(600))
    }
    #expect(try await listener.serve { _ in }.accepted == 1)
    Glibc.close(client.withLock { $0 })
  }

  @Test func `a client who is not in the queue yet when a stop begins is served`() async throws {
    let (isBlind, isDraining) = (Switch(), Switch())
    var calls = real
    unsafe calls.accept = { [real] fd, address, length, flags in
      guard isBlind.isOn else { return unsafe real.accept(fd, address, &length, flags) }
      isBlind.isOn = !isDraining.isOn
      return -Int(EAGAIN)
    }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      async let report = listener.serve { try await $0.write([7]) }
      try await reactor.waitUntilParked(readers: 1)
      isBlind.isOn = true
      let client = try await TCPConnection.connect(to: listener.localAddress)
      isDraining.isOn = true
      listener.drain(grace: .seconds(10))
      #expect(try await client.read(exactly: 1) == [7])
      client.close()
      #expect(try await report.accepted == 1)
    }
  }

  /// How a handler waits for its next request.
  enum Wait: Sendable, CaseIterable {
    case forReadiness, forBytes

    nonisolated(nonsending) func callAsFunction(on connection: TCPConnection) async throws -> Bool {
      switch self {
      case .forReadiness:
        try await connection.waitUntilReadableOrDraining()
      case .forBytes:
        try await connection.readUntilDraining { $0.isEmpty ? nil : $0.take($0.count) } != nil
      }
    }
  }

  @Test(arguments: Wait.allCases)
  func `a request that comes between a look that finds none and the drain is seen`(
    wait: Wait
  ) async throws {
    let moment = Moment()
    var calls = real
    unsafe calls.recv = { [real] fd, buffer, flags in
      let result = unsafe real.recv(fd, buffer, flags)
      if result == -Int(EAGAIN) { moment.come() }
      return result
    }
    let isSeen = Switch()
    try await withListener(kernel: Kernel(calls)) { listener, _ in
      let client = try await TCPConnection.connect(to: listener.localAddress)
      let number = client.descriptor
      moment.set {
        var byte: UInt8 = 1
        _ = unsafe Glibc.send(number, &byte, 1, 0)
        listener.drain(grace: .seconds(600))
      }
      let report = try await listener.serve { connection in
        isSeen.isOn = try await wait(on: connection)
      }
      #expect(report.drained == 1)
      client.close()
    }
    #expect(isSeen.isOn)
  }
}

/// Lends room for one byte.
private func withUnsafeTemporaryByte<Result>(
  _ body: nonisolated(nonsending) (inout OutputRawSpan) async throws -> Result
) async throws -> Result {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
  defer { unsafe memory.deallocate() }
  var span = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
  let result = try await body(&span)
  _ = unsafe span.finalize(for: memory)
  return result
}
