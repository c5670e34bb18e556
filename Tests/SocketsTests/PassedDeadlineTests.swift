import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// A deadline that has passed asks whether there is something, and does not wait.
@Suite(.timeLimit(.minutes(1))) struct PassedDeadlineTests {
  @Test func `what has arrived is there, though its event is still to be looked at`() async throws {
    try await withPair { pair in
      // On the thread that would have to look.
      try await withTaskExecutorPreference(pair.reactor) {
        for number in UInt8(0)..<100 {
          await expectError(.timedOut) { try await pair.near.read(upTo: 8, deadline: .now) }
          try await pair.far.write([number])
          #expect(try await pair.near.read(upTo: 8, deadline: .now) == [number])
        }
      }
    }
  }

  @Test func `so it is with clients and datagrams`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    try await withTaskExecutorPreference(listener.reactor) {
      let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: listener.reactor)
      for _ in 0..<2 {
        await expectError(.timedOut) { try await listener.accept(deadline: .now) }
        let client = try await TCPConnection.connect(to: listener.localAddress)
        try await listener.accept(deadline: .now).close()
        client.close()
        await expectError(.timedOut) { try await socket.receive(deadline: .now) }
        try await socket.send([7], to: socket.localAddress)
        #expect(try await socket.receive(deadline: .now).payload == [7])
      }
    }
  }

  /// What ends a read, before the event of what has arrived was seen.
  enum End: Sendable, CaseIterable {
    case deadline, idle, firstByte, lifetime

    var limits: ConnectionLimits {
      switch self {
      case .deadline: ConnectionLimits()
      case .idle: ConnectionLimits(idle: .milliseconds(20))
      case .firstByte: ConnectionLimits(firstByte: .milliseconds(20))
      case .lifetime: ConnectionLimits(lifetime: .milliseconds(20))
      }
    }
  }

  @Test(arguments: End.allCases)
  func `what came in time is there when the time is over, though its event was not seen`(
    end: End
  ) async throws {
    let arrives = Lock<Int32?>(nil)
    let isBlind = Switch()
    var calls = SystemCalls()
    unsafe calls.epollWait = { [real = calls] in
      if let number = arrives.withLock({ $0.take() }) {
        var byte: UInt8 = 7
        _ = unsafe Glibc.send(number, &byte, 1, 0)
      }
      let count = unsafe real.epollWait($0, $1, $2)
      return isBlind.isOn ? min(count, 0) : count
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      try await withTaskExecutorPreference(pair.reactor) { () async throws -> Void in
        pair.near.setLimits(end.limits)
        isBlind.isOn = true
        arrives.withLock { $0 = pair.far.descriptor }
        defer { isBlind.isOn = false }
        let deadline = end == .deadline ? ContinuousClock.now + .milliseconds(20) : nil
        let bytes = await outcome { try await pair.near.read(upTo: 8, deadline: deadline) }
        #expect(try bytes.get() == [7])
      }
    }
  }

  @Test func `a limit that was over before is not put off by what is always there`() async throws {
    try await withPair { pair in
      // On the thread that would have to hear of it.
      await withTaskExecutorPreference(pair.reactor) {
        pair.near.setLimits(ConnectionLimits(lifetime: .milliseconds(5)))
        let number = pair.far.descriptor
        let end = ContinuousClock.now + .seconds(5)
        await expectError(.timedOut) {
          while ContinuousClock.now < end {
            var byte: UInt8 = 7
            _ = unsafe Glibc.send(number, &byte, 1, 0)
            _ = try await pair.near.read(upTo: 8)
          }
        }
      }
    }
  }

  @Test func `a listener looks once more when its time is over in a pause`() async throws {
    let script = Script(errors: EMFILE, EMFILE, EMFILE)
    var calls = SystemCalls()
    unsafe calls.accept = { [real = calls] in unsafe script.next() ?? real.accept($0, $1, &$2, $3) }
    try await withListener(kernel: Kernel(calls)) { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      // The pauses are of 10 and 20 milliseconds.
      let accepted = try await listener.accept(deadline: .now + .milliseconds(15))
      #expect(accepted.remoteAddress == client.localAddress)
    }
  }

  @Test func `what is tried on a timer is tried when the time is over`() async throws {
    let deadline = ContinuousClock.now + .milliseconds(20)
    try await Reactor.nextShared().loop.retry(deadline: deadline) {
      .now < deadline ? .again(.yes) : .done(0, usedUp: .no)
    }
  }

  @Test func `a connection that does not come about is not taken for one`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0), backlog: 0)
    let queued = try await TCPConnection.connect(to: listener.localAddress)
    await expectError(.timedOut) {
      try await TCPConnection.connect(
        to: listener.localAddress,
        deadline: .now + .milliseconds(5)
      )
    }
    queued.close()
  }
}
