import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Lends a listener with an abstract name whose queue is full.
///
/// - Parameters:
///   - kernel: The system calls of its reactor.
///   - body: What to do with it.
/// - Throws: The body's error.
func withFullUnixListener(
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (UnixListener, Reactor) async throws -> Void
) async throws {
  let reactor = try Reactor(name: "full", kernel: kernel)
  let listener = try await UnixListener.bind(to: .unnamed, backlog: 0, on: [reactor])
  let queued = try await UnixConnection.connect(to: listener.localAddress, on: reactor)
  defer {
    queued.close()
    listener.close()
  }
  try await body(listener, reactor)
}

@Suite(.timeLimit(.minutes(1))) struct UnixConnectionTests {
  @Test func `refusals name the address and say why`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/s")
      let missing = await expectError(.fileNotFound) {
        try await UnixConnection.connect(to: address)
      }
      #expect(missing?.remoteAddress as? UnixAddress == address)
      #expect(missing?.operation == .connect)
      #expect(missing?.errno == ENOENT)
      #expect(RawUnixSocket().bind(to: address))
      await expectError(.connectionRefused) { try await UnixConnection.connect(to: address) }
      unsafe unlink(directory + "/s")
      let other = RawUnixSocket(type: Int32(SOCK_SEQPACKET.rawValue))
      #expect(other.bind(to: address) && other.listen())
      let kind = await expectError(.other) { try await UnixConnection.connect(to: address) }
      #expect(kind?.errno == EPROTOTYPE)
    }
    let error = await expectError(.invalidAddress) {
      try await UnixConnection.connect(to: .unnamed)
    }
    #expect(error?.errno == nil)
  }

  @Test func `a refused connect makes no descriptor that remains`() async throws {
    let ledger = DescriptorLedger()
    let reactor = try Reactor(name: "refused", kernel: ledger.kernel())
    let before = ledger.open
    let address = try UnixAddress.abstract("sockets-nobody-\(getpid())")
    await expectError(.connectionRefused) {
      try await UnixConnection.connect(to: address, on: reactor)
    }
    let result = await outcomeWhenCancelledBefore {
      try await UnixConnection.connect(to: address, on: reactor)
    }
    #expect(result?.isCancellation == true)
    #expect(ledger.open == before)
    #expect(ledger.faults == [])
  }

  @Test func `a full queue is waited for, until there is room`() async throws {
    try await withFullUnixListener { listener, reactor in
      let address = listener.localAddress
      try await withThrowingTaskGroup(of: UInt8.self) { group in
        for number in UInt8(0)..<20 {
          group.addTask {
            try await UnixConnection.connect(to: address, on: reactor) { connection in
              try await connection.write([number])
              return try await connection.read(exactly: 1)?.first ?? 255
            }
          }
        }
        try await reactor.waitUntil { $0.timers > 0 }
        try await listener.accept().close()
        for _ in 0..<20 {
          let accepted = try await listener.accept()
          guard let byte = try await accepted.read(exactly: 1) else { continue }
          try await accepted.write(byte)
          accepted.close()
        }
        var answers: [UInt8] = []
        for try await answer in group { answers.append(answer) }
        #expect(answers.sorted() == Array(0..<20))
      }
    }
  }

  @Test func `a full queue is waited for no longer than the deadline`() async throws {
    let ledger = DescriptorLedger()
    try await withFullUnixListener(kernel: ledger.kernel()) { listener, reactor in
      let before = ledger.open
      for delay in [Duration.zero, .milliseconds(5)] {
        let deadline = ContinuousClock.now + delay
        let error = await expectError(.timedOut) {
          try await UnixConnection.connect(
            to: listener.localAddress,
            deadline: deadline,
            on: reactor
          )
        }
        #expect(ContinuousClock.now >= deadline)
        #expect(error?.remoteAddress as? UnixAddress == listener.localAddress)
        #expect(ledger.open == before)
      }
    }
    #expect(ledger.faults == [])
  }

  @Test func `a connect that waits for a full queue can be cancelled`() async throws {
    let ledger = DescriptorLedger()
    try await withFullUnixListener(kernel: ledger.kernel()) { listener, reactor in
      let before = ledger.open
      let address = listener.localAddress
      let connect = Task {
        await outcome { try await UnixConnection.connect(to: address, on: reactor) }
      }
      try await reactor.waitUntil { $0.parkedReaders == 1 }
      connect.cancel()
      #expect(await connect.value.isCancellation)
      #expect(ledger.open == before)
      #expect(reactor.statistics.parkedReaders == 0)
    }
    #expect(ledger.faults == [])
  }

  @Test func `a pair is close-on-exec, non-blocking and without names`() async throws {
    let ledger = DescriptorLedger()
    let reactor = try Reactor(name: "pair", kernel: ledger.kernel())
    let before = ledger.open
    do {
      let (near, far) = try UnixConnection.pair(on: reactor)
      #expect(near.localAddress.isUnnamed && near.remoteAddress.isUnnamed)
      try await near.write("there")
      #expect(try await far.read(exactly: 5) == Array("there".utf8))
    }
    #expect(ledger.open == before)
    #expect(ledger.faults == [])
  }

  @Test(arguments: UnixLink.allCases)
  func `both ends are told who the other is`(link: UnixLink) async throws {
    try await withUnixPair(link) { pair in
      for end in [pair.near, pair.far] {
        let credentials = try end.peerCredentials
        #expect(credentials.processID == getpid())
        #expect(credentials.userID == geteuid())
        #expect(credentials.groupID == getegid())
        end.close()
        await expectError(.closed) { try end.peerCredentials }
      }
    }
  }

  @Test func `bytes that were left unread reset the peer, after what it was sent`() async throws {
    try await withUnixPair { pair in
      try await pair.far.write("unread")
      try await pair.near.write("last words")
      pair.near.close()
      #expect(try await pair.far.read(upTo: 64) == Array("last words".utf8))
      for _ in 0..<3 {
        await expectError(.connectionReset) { try await pair.far.read(upTo: 64) }
      }
      await expectError(.connectionReset) { try await pair.far.write("more") }
    }
  }

  @Test func `an error names the Unix-domain addresses`() async throws {
    try await withUnixPair(.abstract) { pair in
      let address = pair.near.remoteAddress
      #expect(address.abstractName != nil)
      let error = await expectError(.timedOut) {
        try await pair.near.read(upTo: 1, deadline: .now)
      }
      #expect(error?.remoteAddress as? UnixAddress == address)
      #expect(error?.localAddress as? UnixAddress == .unnamed)
      #expect(error?.description.contains(address.description) == true)
    }
  }
}
