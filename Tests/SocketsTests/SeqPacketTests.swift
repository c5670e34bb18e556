import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Lends a connected seqpacket pair on a reactor that nobody else uses.
///
/// - Parameters:
///   - kernel: The system calls of its reactor.
///   - body: What to do with it.
/// - Throws: The body's error.
private func withPackets(
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (SeqPacketConnection, SeqPacketConnection) async throws -> Void
) async throws {
  let (near, far) = try SeqPacketConnection.pair(on: Reactor(name: "packets", kernel: kernel))
  defer {
    near.close()
    far.close()
  }
  try await body(near, far)
}

@Suite(.timeLimit(.minutes(1))) struct SeqPacketTests {
  @Test func `messages keep their boundaries, empty ones too, up to the end`() async throws {
    try await withPackets { near, far in
      let messages: [[UInt8]] = [[1], [], [2, 3], [], [], pattern(100_000), []]
      async let sending: Void = {
        for message in messages { try await near.send(message) }
        try await near.finish()
      }()
      var received: [[UInt8]] = []
      for try await message in far.messages(upTo: 1 << 17) {
        #expect(!message.isTruncated && message.length == message.payload.count)
        received.append(message.payload)
      }
      try await sending
      #expect(received == messages)
      for _ in 0..<3 { #expect(try await far.receive(upTo: 8) == nil) }
    }
  }

  @Test func `an empty message is told from the end when both are there already`() async throws {
    try await withPackets { near, far in
      try await near.send([])
      try await near.send([])
      near.close()
      #expect(try await far.receive(upTo: 8)?.payload == [])
      #expect(try await far.receive(upTo: 0)?.length == 0)
      #expect(try await far.receive(upTo: 8) == nil)
      #expect(try await far.receive(upTo: 0) == nil)
    }
  }

  @Test func `a message that is cut tells its size, and the next one is whole`() async throws {
    try await withPackets { near, far in
      try await near.send([1, 2, 3, 4])
      try await near.send([5])
      try await near.send([6])
      let cut = try await far.receive(upTo: 3)
      #expect(cut?.payload == [1, 2, 3])
      #expect(cut?.length == 4)
      #expect(cut?.isTruncated == true)
      let dropped = try await far.receive(upTo: 0)
      #expect(dropped?.isTruncated == true && dropped?.payload == [])
      #expect(try await far.receive(upTo: 3) == .init(payload: [6], length: 1))
    }
  }

  @Test func `a message that is too long fails alone`() async throws {
    try await withPackets { near, far in
      let error = await expectError(.messageTooLong) { try await near.send(pattern(1 << 24)) }
      #expect(error?.errno == EMSGSIZE)
      try await near.send([7])
      #expect(try await far.receive(upTo: 8)?.payload == [7])
      near.close()
      #expect(try await far.receive(upTo: 8) == nil)
    }
  }

  @Test func `a sender waits for room, whole messages at a time`() async throws {
    try await withPackets { near, far in
      var queued = 0
      let message = pattern(30_000)
      while true {
        let sent = await outcome { try await near.send(message, deadline: .now) }
        guard case .success = sent else {
          #expect(sent.code == .timedOut)
          break
        }
        queued += 1
      }
      async let last = outcome { try await near.send([9]) }
      try await near.reactor.waitUntilParked(writers: 1)
      for _ in 0..<queued { #expect(try await far.receive(upTo: 1 << 16)?.payload == message) }
      try await last.get()
      #expect(try await far.receive(upTo: 8)?.payload == [9])
    }
  }

  @Test func `a receive that is cancelled or out of time takes nothing`() async throws {
    try await withPackets { near, far in
      await expectError(.timedOut) { try await far.receive(upTo: 8, deadline: .now) }
      let receive = Task { await outcome { try await far.receive(upTo: 8) } }
      try await far.reactor.waitUntilParked(readers: 1)
      await expectError(.concurrentRead) { try await far.receive(upTo: 8) }
      receive.cancel()
      #expect(await receive.value.isCancellation)
      try await near.send([7])
      #expect(try await far.receive(upTo: 8)?.payload == [7])
      async let ended = outcome { try await far.receive(upTo: 8) }
      try await far.reactor.waitUntilParked(readers: 1)
      far.close()
      #expect(await ended.code == .closed)
      await expectError(.closed) { try await far.send([1]) }
      #expect(far.isClosed && !near.isClosed)
    }
  }

  @Test func `a peer that closes with messages unread resets, and the reset stays`() async throws {
    try await withPackets { near, far in
      try await far.send([1])
      try await near.send([2])
      near.close()
      var results: [Outcome<SeqPacketConnection.Message?>] = []
      for _ in 0..<4 { results.append(await outcome { try await far.receive(upTo: 8) }) }
      #expect(results.contains { $0.code == .connectionReset })
      #expect(results.last?.code == .connectionReset)
      #expect(!results.contains { if case .success(nil) = $0 { true } else { false } })
    }
  }

  @Test func `descriptors travel with their message`() async throws {
    try await withPackets { near, far in
      var sent = DescriptorBatch()
      let (one, other) = try UnixConnection.pair()
      sent.append(try OwnedDescriptor(duplicating: one.descriptor))
      sent.append(try OwnedDescriptor(duplicating: other.descriptor))
      try await near.send([1], passing: sent)
      try await near.send([2], passing: sent)
      try await near.send([3], passing: sent)
      await expectError(.invalidArgument) { try await near.send([], passing: sent) }
      #expect(try await far.receive(upTo: 8)?.payload == [1])
      var batch = DescriptorBatch()
      #expect(try await far.receive(upTo: 8, descriptors: &batch)?.payload == [2])
      #expect(batch.count == 2 && !batch.isTruncated)
      for (number, end) in zip(batch.numbers, [one, other]) {
        #expect(DescriptorAudit.object(number) == DescriptorAudit.object(end.descriptor))
        #expect(DescriptorAudit.isCloseOnExec(number))
      }
      #expect(
        try await far.receive(upTo: 8, descriptors: &batch, descriptorLimit: 1)?.payload == [3]
      )
      #expect(batch.count == 3 && batch.isTruncated)
    }
  }

  @Test func `listener and connection, over a path`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      let listener = try await SeqPacketListener.bind(to: address, mode: 0o600)
      #expect(listener.localAddress == address)
      #expect(FileLook(directory + "/s")?.mode == 0o600)
      await expectError(.addressInUse) {
        try await SeqPacketListener.bind(to: address, existing: .replaceStale)
      }
      async let served: Void = {
        for try await connection in listener.connections {
          #expect(connection.localAddress == address)
          for try await message in connection.messages() {
            try await connection.send(message.payload.reversed())
          }
        }
      }()
      let credentials = try await SeqPacketConnection.connect(to: address) { client in
        #expect(client.remoteAddress == address)
        for message in [[1, 2, 3], [], [4]] as [[UInt8]] {
          try await client.send(message)
          #expect(try await client.receive(upTo: 8)?.payload == message.reversed())
        }
        return try client.peerCredentials
      }
      #expect(credentials.processID == getpid())
      let error = await expectError(.other) { try await UnixConnection.connect(to: address) }
      #expect(error?.errno == EPROTOTYPE)
      listener.close()
      #expect(listener.isClosed)
      #expect(FileLook(directory + "/s") == nil)
      try await served
    }
  }

  @Test func `descriptors are close-on-exec, non-blocking, and closed in the end`() async throws {
    let ledger = DescriptorLedger()
    let reactor = try Reactor(name: "packets", kernel: ledger.kernel())
    let before = ledger.open
    do {
      let listener = try await SeqPacketListener.bind(to: .unnamed, on: [reactor])
      let client = try await SeqPacketConnection.connect(to: listener.localAddress, on: reactor)
      let accepted = try await listener.accept()
      try await client.send([1])
      #expect(try await accepted.receive(upTo: 8)?.payload == [1])
      _ = try SeqPacketConnection.pair(on: reactor)
      listener.close()
    }
    #expect(ledger.open == before)
    #expect(ledger.faults == [])
  }
}
