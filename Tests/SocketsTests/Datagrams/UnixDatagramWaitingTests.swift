import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Full queues, deadlines, cancellation, closing.
@Suite(.timeLimit(.minutes(1))) struct UnixDatagramWaitingTests {
  @Test func `a connected sender waits for room and parks meanwhile`() async throws {
    try await withUnixReceiver { receiver, reactor in
      let sender = try await UnixDatagramSocket.connect(to: receiver.localAddress, on: reactor)
      defer { sender.close() }
      let count = try await sender.fill()
      #expect(count > 0)
      async let last = outcome { try await sender.send([9]) }
      try await reactor.waitUntilParked(writers: 1)
      for number in 0..<count {
        #expect(try await receiver.receive().payload == [UInt8(number >> 8), UInt8(number & 255)])
      }
      try await last.get()
      #expect(try await receiver.receive().payload == [9])
    }
  }

  @Test func `an unconnected sender tries again on a timer, not at each edge of its own`()
    async throws
  {
    let tries = Counter()
    var calls = SystemCalls()
    let send = unsafe calls.sendmsg
    unsafe calls.sendmsg = { fd, message, flags in
      tries.increment()
      return unsafe send(fd, message, flags)
    }
    try await withUnixReceiver(kernel: Kernel(calls)) { receiver, reactor in
      let filler = try await UnixDatagramSocket.bind(to: .unnamed)
      let count = try await filler.fill(receiver.localAddress)
      let sender = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      let start = ContinuousClock.now
      let error = await expectError(.timedOut) {
        try await sender.send(
          [9],
          to: receiver.localAddress,
          deadline: start + .milliseconds(300)
        )
      }
      #expect(.now - start >= .milliseconds(300))
      #expect(error?.operation == .send)
      #expect(error?.remoteAddress as? UnixAddress == receiver.localAddress)
      // At 0, 0, 1, 3, 7, 15, 31, 63, and then every 50 milliseconds.
      #expect((3...14).contains(tries.value), "\(tries.value)")

      async let late = outcome { try await sender.send([9], to: receiver.localAddress) }
      try await reactor.waitUntilParked(readers: 1)
      for _ in 0..<count { _ = try await receiver.receive() }
      try await late.get()
      #expect(try await receiver.receive().payload == [9])
      #expect(reactor.statistics.parkedReaders == 0)
    }
  }

  @Test func `a receiver that is full holds up nobody who sends to another`() async throws {
    try await withUnixReceiver { full, reactor in
      try await withUnixReceiver { free, _ in
        let sender = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
        _ = try await sender.fill(full.localAddress)
        async let waiting = outcome { try await sender.send([1], to: full.localAddress) }
        try await reactor.waitUntilParked(readers: 1)
        try await sender.send([2], to: free.localAddress)
        #expect(try await free.receive().payload == [2])
        sender.close()
        let ended = await waiting
        #expect(ended.code == .closed)
      }
    }
  }

  @Test(arguments: [true, false])
  func `a full queue is waited for until the cancellation, the close or the deadline`(
    isConnected: Bool
  ) async throws {
    try await withUnixReceiver { receiver, reactor in
      let to = isConnected ? nil : receiver.localAddress
      let sender =
        isConnected
        ? try await UnixDatagramSocket.connect(to: receiver.localAddress, on: reactor)
        : try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      let count = try await sender.fill(to)
      func parked() async throws {
        try await reactor.waitUntil { $0.parkedReaders + $0.parkedWriters == 1 }
      }

      let cancelled = Task { await outcome { try await sender.send([1], to: to) } }
      try await parked()
      cancelled.cancel()
      #expect(await cancelled.value.isCancellation)

      await expectError(.timedOut) {
        try await sender.send([1], to: to, deadline: .now + .milliseconds(5))
      }

      async let closed = outcome { try await sender.send([1], to: to) }
      try await parked()
      sender.close()
      #expect(reactor.statistics.parkedWriters + reactor.statistics.parkedReaders == 0)
      #expect(await closed.code == .closed)

      // None of them was sent.
      for _ in 0..<count { _ = try await receiver.receive() }
      await expectError(.timedOut) { try await receiver.receive(deadline: .now) }
    }
  }

  @Test func `a receiver that closes ends the wait of its senders`() async throws {
    try await withUnixReceiver { receiver, reactor in
      let connected = try await UnixDatagramSocket.connect(to: receiver.localAddress, on: reactor)
      let bound = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      _ = try await bound.fill(receiver.localAddress)
      async let waiting = outcome { try await connected.send([1]) }
      async let polling = outcome { try await bound.send([1], to: receiver.localAddress) }
      try await reactor.waitUntilParked(readers: 1, writers: 1)
      receiver.close()
      #expect(await waiting.code == .connectionRefused)
      #expect(await polling.code == .connectionRefused)
    }
  }

  @Test func `a stopped reactor ends the wait`() async throws {
    try await withUnixReceiver { receiver, _ in
      let reactor = try Reactor(name: "stopping")
      let sender = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      _ = try await sender.fill(receiver.localAddress)
      async let waiting = outcome { try await sender.send([1], to: receiver.localAddress) }
      try await reactor.waitUntilParked(readers: 1)
      await reactor.stop()
      #expect(await waiting.code == .closed)
    }
  }

  @Test func `a deadline ends a receive, and a cancelled one takes nothing`() async throws {
    let reactor = try Reactor(name: "datagrams")
    let (near, far) = try UnixDatagramSocket.pair(on: reactor)
    let error = await expectError(.timedOut) {
      try await far.receive(deadline: .now + .milliseconds(5))
    }
    #expect(error?.operation == .receive)
    for round in UInt8(0)..<20 {
      let task = Task { try await far.receive() }
      if round.isMultiple(of: 2) { try await reactor.waitUntilParked(readers: 1) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      try await near.send([round])
      #expect(try await far.receive().payload == [round])
    }
    async let first = far.receive()
    try await reactor.waitUntilParked(readers: 1)
    await expectError(.concurrentRead) { try await far.receive() }
    var batch = DescriptorBatch()
    let second = await outcome { try await far.receive(descriptors: &batch) }
    #expect(second.code == .concurrentRead)
    try await near.send([1])
    #expect(try await first.payload == [1])
  }

  @Test func `closing fails what is pending, and everything later`() async throws {
    let reactor = try Reactor(name: "datagrams")
    let (near, far) = try UnixDatagramSocket.pair(on: reactor)
    async let pending = outcome { try await far.receive() }
    try await reactor.waitUntilParked(readers: 1)
    far.close()
    far.close()
    #expect(await pending.code == .closed)
    await expectError(.closed) { try await far.send([1]) }
    await expectError(.closed) { try await far.receive() }
    await expectError(.closed) { _ = try far.detach() }
    for try await _ in far.datagrams { Issue.record("a datagram after the close") }
    near.close()
    #expect(reactor.statistics.registrations == 0)
  }

  @Test func `senders take turns and each datagram leaves whole`() async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    async let sending: Void = withThrowingTaskGroup { group in
      for number in UInt8(0)..<8 {
        group.addTask {
          for round in UInt8(0)..<8 {
            try await near.send([number, round] + [UInt8](repeating: number, count: 10_000))
          }
        }
      }
      try await group.waitForAll()
    }
    var rounds = [UInt8](repeating: 0, count: 8)
    for _ in 0..<64 {
      let payload = try await far.receive().payload
      let number = payload[0]
      #expect(payload.dropFirst(2).allSatisfy { $0 == number })
      #expect(payload[1] == rounds[Int(number)])
      rounds[Int(number)] += 1
    }
    try await sending
  }

  @Test
  func `many senders of both kinds get everything through one short queue, each in its order`()
    async throws
  {
    let (senders, rounds) = (UInt8(12), UInt8(60))
    try await withUnixReceiver { receiver, reactor in
      async let sending: Void = withThrowingTaskGroup { group in
        for number in 0..<senders {
          group.addTask {
            let to = number.isMultiple(of: 2) ? receiver.localAddress : nil
            let sender =
              to == nil
              ? try await UnixDatagramSocket.connect(to: receiver.localAddress)
              : try await UnixDatagramSocket.bind(to: .unnamed)
            for round in 0..<rounds { try await sender.send([number, round], to: to) }
          }
        }
        try await group.waitForAll()
      }
      var expected = [UInt8](repeating: 0, count: Int(senders))
      for _ in 0..<Int(senders) * Int(rounds) {
        let payload = try await receiver.receive().payload
        #expect(payload[1] == expected[Int(payload[0])])
        expected[Int(payload[0])] += 1
      }
      try await sending
      #expect(expected == [UInt8](repeating: rounds, count: Int(senders)))
    }
  }

  @Test func `every call is tried again after a signal`() async throws {
    try await withUnixReceiver(.path, kernel: Kernel(.interrupted)) { receiver, reactor in
      let client = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      for round in UInt8(0)..<4 {
        try await client.send([round], to: receiver.localAddress)
        let datagram = try await receiver.receive()
        #expect(datagram.payload == [round])
        try await receiver.send([round], to: datagram.sender)
        #expect(try await client.receive().payload == [round])
      }
    }
  }
}
