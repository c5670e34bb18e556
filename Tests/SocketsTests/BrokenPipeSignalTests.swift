import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// A descriptor to pass on.
private func spare() -> OwnedDescriptor {
  OwnedDescriptor(
    owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  )
}

/// That nothing which is sent can raise `SIGPIPE`, by whatever way it is sent.
@Suite(.timeLimit(.minutes(1))) struct BrokenPipeSignalTests {
  /// Counts the calls that send, and those of them without `MSG_NOSIGNAL`.
  private struct Watch {
    let sends = Counter()
    let faults = Counter()

    var kernel: Kernel {
      let real = SystemCalls()
      let (sends, faults) = (sends, faults)
      @Sendable func look(_ flags: Int32) {
        sends.increment()
        if flags & Int32(MSG_NOSIGNAL) == 0 { faults.increment() }
      }
      var calls = real
      unsafe calls.send = {
        look($2)
        return unsafe real.send($0, $1, $2)
      }
      unsafe calls.sendmsg = {
        look($2)
        return unsafe real.sendmsg($0, $1, $2)
      }
      unsafe calls.sendmmsg = {
        look($2)
        return unsafe real.sendmmsg($0, $1, $2)
      }
      return Kernel(calls)
    }

    func expect(_ count: Int) {
      #expect(sends.value == count)
      #expect(faults.value == 0)
    }
  }

  @Test func `bytes over TCP, zero-copy and urgent ones too`() async throws {
    let watch = Watch()
    try await withPair(kernel: watch.kernel) { pair in
      async let received = pair.far.readAll()
      try await pair.near.write([1])
      try await pair.near.write("2")
      try await pair.near.write([3][...])
      try await pair.near.write([UInt8]([4]).lazy.map { $0 })
      try await pair.near.write(gathering: [[5], [6]])
      watch.expect(5)
      try await pair.near.sendUrgent(7)
      watch.expect(6)
      try await pair.near.write(zeroCopy: pattern(100_000))
      #expect(watch.sends.value >= 7)
      #expect(watch.faults.value == 0)
      try await pair.near.finish()
      _ = try await received
    }
  }

  @Test func `bytes with descriptors over a Unix-domain socket`() async throws {
    let watch = Watch()
    try await withUnixPair(kernel: watch.kernel) { pair in
      try await pair.near.write([1], passing: spare())
      try await pair.near.write([2], passing: DescriptorBatch())
      watch.expect(2)
    }
  }

  @Test func `messages, with descriptors too`() async throws {
    let watch = Watch()
    let (near, far) = try SeqPacketConnection.pair(on: try Reactor(kernel: watch.kernel))
    try await near.send([1])
    var batch = DescriptorBatch()
    batch.append(spare())
    try await near.send([2], passing: batch)
    watch.expect(2)
    far.close()
  }

  @Test func `datagrams, one by one and many at once`() async throws {
    let watch = Watch()
    let reactor = try Reactor(kernel: watch.kernel)
    let (near, far) = try await UDPSocket.pair(on: reactor)
    try await near.send([1])
    try await near.send([2], to: far.localAddress)
    watch.expect(2)
    var batch = SendBatch()
    for number in UInt8(3)..<6 {
      let isAdded = batch.append([number], to: far.localAddress)
      #expect(isAdded)
    }
    try await near.sendBatch(&batch)
    watch.expect(3)
    let (one, other) = try UnixDatagramSocket.pair(on: reactor)
    try await one.send([1])
    watch.expect(4)
    other.close()
  }

  /// In a process of its own, in which the signal would end it.
  @Test func `writes to a peer that is gone end nothing, and the disposition is as it was`() async {
    await #expect(processExitsWith: .success) {
      var action = sigaction()  // the default one
      unsafe sigaction(SIGPIPE, &action, nil)
      func failsToWrite(_ write: () async throws -> Void) async {
        // The first ones may still be taken: the kernel does not know yet.
        for _ in 0..<100 {
          do {
            try await write()
          } catch let error as SocketError {
            precondition(error.code == .brokenPipe || error.code == .connectionReset, "\(error)")
            return
          } catch {
            preconditionFailure("\(error)")
          }
        }
        preconditionFailure("a peer that is gone took everything")
      }
      let (near, far) = try await TCPConnection.pair()
      far.reset()
      await failsToWrite { try await near.write([1]) }
      await failsToWrite { try await near.write(gathering: [[1], [2]]) }
      await failsToWrite { try await near.write(zeroCopy: pattern(100_000)) }
      await failsToWrite { try await near.sendUrgent(1) }
      let (unix, other) = try UnixConnection.pair()
      other.close()
      await failsToWrite { try await unix.write([1]) }
      await failsToWrite { try await unix.write([1], passing: spare()) }
      let (packets, noPackets) = try SeqPacketConnection.pair()
      noPackets.close()
      await failsToWrite { try await packets.send([1]) }
      unsafe sigaction(SIGPIPE, nil, &action)
      precondition(unsafe action.__sigaction_handler.sa_handler == nil)
    }
  }
}
