import Glibc
import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct FirstReadyTests {
  /// The reading and the writing end of a pipe, closed when the body ends.
  private func withPipe(
    _ body: nonisolated(nonsending) (_ reading: Int32, _ writing: Int32) async throws -> Void
  ) async throws {
    var ends: [Int32] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    try await body(ends[0], ends[1])
  }

  @Test func `what is ready is returned at once, all of it`() async throws {
    try await withPair { pair in
      let (near, far) = (pair.near, pair.far)
      try await far.write("x")
      let ready = try await firstReady(
        of: [near.readable, near.writable, far.readable, far.writable],
        on: pair.reactor
      )
      #expect(ready.isSuperset(of: [near.writable, far.writable]))
      #expect(!ready.contains(far.readable))
      #expect(try await firstReady(of: [near.readable, far.readable]) == [near.readable])
      #expect(try await near.read(upTo: 100) == [UInt8(ascii: "x")])
    }
  }

  @Test func `it waits, and consumes nothing`() async throws {
    try await withPair { pair in
      async let ready = firstReady(of: [pair.near.readable], on: pair.reactor)
      try await pair.reactor.waitUntilParked(readers: 1)
      try await pair.far.write("hello")
      #expect(try await ready == [pair.near.readable])
      #expect(try await firstReady(of: [pair.near.readable]) == [pair.near.readable])
      #expect(try await pair.near.read(upTo: 100) == Array("hello".utf8))
    }
  }

  @Test func `a listener is acceptable, and the client is still there`() async throws {
    try await withListener { listener, reactor in
      async let ready = firstReady(of: [listener.acceptable], on: reactor)
      try await reactor.waitUntilParked(readers: 1)
      let client = try await TCPConnection.connect(to: listener.localAddress)
      #expect(try await ready == [listener.acceptable])
      let accepted = try await listener.accept()
      #expect(accepted.remoteAddress == client.localAddress)
      client.close()
    }
  }

  @Test func `a full connection becomes writable again`() async throws {
    try await withPair { pair in
      await expectError(.timedOut) {
        try await pair.near.write(pattern(1 << 24), deadline: .now + .milliseconds(20))
      }
      await expectError(.timedOut) {
        try await firstReady(of: [pair.near.writable], deadline: .now)
      }
      async let ready = firstReady(of: [pair.near.writable], on: pair.reactor)
      try await pair.reactor.waitUntilParked(readers: 1)
      while try await pair.far.read(upTo: 1 << 20, deadline: .now + .milliseconds(20)) != nil {
        if try pair.near.get(.tcpInfo).bytesNotSent == 0 { break }
      }
      #expect(try await ready == [pair.near.writable])
    }
  }

  @Test func `a read in progress is not disturbed`() async throws {
    try await withPair { pair in
      async let read = pair.near.read(upTo: 100)
      try await pair.reactor.waitUntilParked(readers: 1)
      async let ready = firstReady(of: [pair.near.readable, pair.near.urgent], on: pair.reactor)
      try await pair.reactor.waitUntilParked(readers: 2)
      try await pair.far.write("x")
      #expect(try await read == [UInt8(ascii: "x")])
      // The read may have taken the byte before the other has looked: then it waits on.
      try await pair.far.finish()
      #expect(try await ready == [pair.near.readable])
    }
  }

  @Test func `the end of the stream and a reset are ready`() async throws {
    try await withPair { pair in
      try await pair.far.finish()
      #expect(try await firstReady(of: [pair.near.readable]) == [pair.near.readable])
      pair.far.reset()
      try await waitUntil { (try? pair.near.get(.tcpInfo).state) == .closed }
      #expect(
        try await firstReady(of: [pair.near.readable, pair.near.writable]).contains(
          pair.near.writable
        )
      )
    }
  }

  @Test func `closing the socket meanwhile makes it ready`() async throws {
    try await withPair { pair in
      async let ready = firstReady(of: [pair.near.readable, pair.far.readable], on: pair.reactor)
      try await pair.reactor.waitUntilParked(readers: 1)
      pair.near.close()
      #expect(try await ready.contains(pair.near.readable))
      #expect(try await firstReady(of: [pair.near.readable]) == [pair.near.readable])
      await expectError(.closed) { try await pair.near.read(upTo: 1) }
    }
  }

  @Test func `bytes that a cancelled read has left are ready, and wake`() async throws {
    try await withPair { pair in
      try await pair.far.write("hello")
      await expectError(.timedOut) {
        try await pair.near.read(exactly: 10, deadline: .now + .milliseconds(10))
      }
      #expect(try await firstReady(of: [pair.near.readable]) == [pair.near.readable])
      #expect(try await pair.near.read(exactly: 5) == Array("hello".utf8))

      let reading = Task { await outcome { try await pair.near.read(exactly: 10) } }
      try await pair.reactor.waitUntilParked(readers: 1)
      try await pair.far.write("hello")
      try await waitUntil { pair.near.stream.hasBuffer.load(ordering: .relaxed) }
      async let ready = firstReady(of: [pair.near.readable, pair.near.urgent], on: pair.reactor)
      #expect(try await ready == [pair.near.readable])
      reading.cancel()
      #expect(await reading.value.isCancellation)
    }
  }

  @Test func `the deadline and the cancellation end the wait and leave nothing`() async throws {
    try await withPair { pair in
      await expectError(.timedOut) {
        try await firstReady(of: [pair.near.readable], deadline: .now, on: pair.reactor)
      }
      let waiting = Task {
        await outcome { try await firstReady(of: [pair.near.readable], on: pair.reactor) }
      }
      try await pair.reactor.waitUntilParked(readers: 1)
      #expect(pair.reactor.statistics.registrations == 3)
      waiting.cancel()
      #expect(await waiting.value.isCancellation)
      let early = await outcomeWhenCancelledBefore { try await firstReady(of: []) }
      #expect(early?.isCancellation == true)
      #expect(pair.reactor.statistics.registrations == 2)
      #expect(pair.reactor.loop.shared.withLock { $0.watchers.isEmpty })
    }
  }

  @Test func `what is ready is returned although the deadline has passed`() async throws {
    try await withPair { pair in
      let ready = try await firstReady(of: [pair.near.writable], deadline: .now - .seconds(1))
      #expect(ready == [pair.near.writable])
    }
  }

  @Test func `nothing to wait for waits for the deadline`() async throws {
    let start = ContinuousClock.now
    await expectError(.timedOut) {
      try await firstReady(of: [], deadline: start + .milliseconds(10))
    }
    #expect(.now >= start + .milliseconds(10))
  }

  @Test func `descriptors of someone else`() async throws {
    try await withPipe { reading, writing in
      let things: [Readiness] = [
        .readable(descriptor: reading), .writable(descriptor: writing),
      ]
      #expect(try await firstReady(of: things) == [.writable(descriptor: writing)])
      let reactor = try Reactor(name: "pipe")
      async let ready = firstReady(of: [.readable(descriptor: reading)], on: reactor)
      try await reactor.waitUntilParked(readers: 1)
      var byte: UInt8 = 1
      #expect(unsafe write(writing, &byte, 1) == 1)
      #expect(try await ready == [.readable(descriptor: reading)])
      #expect(unsafe read(reading, &byte, 1) == 1)
    }
  }

  @Test func `closing a descriptor of someone else meanwhile confuses nobody`() async throws {
    let reactor = try Reactor(name: "pipe")
    var ends: [Int32] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    async let ready = firstReady(of: [.readable(descriptor: reading)], on: reactor)
    try await reactor.waitUntilParked(readers: 1)
    close(reading)
    close(writing)
    #expect(try await ready == [.readable(descriptor: reading)])
  }

  @Test func `a regular file is always ready and a closed number is an error`() async throws {
    let file = unsafe open(#filePath, O_RDONLY | O_CLOEXEC)
    try #require(file >= 0)
    #expect(
      try await firstReady(of: [.readable(descriptor: file), .writable(descriptor: file)]).count
        == 2
    )
    close(file)
    let error = await expectError(.other) {
      try await firstReady(of: [.readable(descriptor: -1)])
    }
    #expect(error?.errno == EBADF)
    #expect(error?.operation == .wait)
  }

  @Test func `a stopped reactor refuses`() async throws {
    try await withPair { pair in
      let reactor = try Reactor(name: "stopped")
      let waiting = Task {
        await outcome { try await firstReady(of: [pair.near.readable], on: reactor) }
      }
      try await reactor.waitUntilParked(readers: 1)
      await reactor.stop()
      #expect(await waiting.value.code == .closed)
      await expectError(.closed) { try await firstReady(of: [pair.near.readable], on: reactor) }
    }
  }

  @Test func `when its reactor stops as it begins, no call meets a number that was closed`()
    async throws
  {
    let ledger = DescriptorLedger()
    let stopping = Lock<Reactor?>(nil)
    let late = Counter()
    var calls = SystemCalls()
    calls.epollControl = { [real = calls] epoll, operation, number, events, token in
      if !ledger.open.contains(epoll) { late.increment() }
      defer { stopping.withLock { $0.take() }?.loop.stop() }
      return real.epollControl(epoll, operation, number, events, token)
    }
    let reactor = try Reactor(name: "stopped", kernel: ledger.kernel(calls))
    try await withPair { pair in
      stopping.withLock { $0 = reactor }
      await expectError(.closed) { try await firstReady(of: [pair.near.readable], on: reactor) }
      stopping.withLock { $0 = nil }
    }
    #expect(late.value == 0)
  }

  @Test func `a readiness is a value and does not keep its socket open`() async throws {
    try await withPair { pair in
      #expect(pair.near.readable == pair.near.readable)
      #expect(pair.near.readable != pair.near.writable)
      #expect(pair.near.readable != pair.far.readable)
      #expect(Readiness.readable(descriptor: 3) != .writable(descriptor: 3))
    }
    let reactor = try Reactor(name: "dropped")
    let readable = try await TCPConnection.pair(on: reactor).0.readable
    #expect(try await firstReady(of: [readable]) == [readable])
  }
}
