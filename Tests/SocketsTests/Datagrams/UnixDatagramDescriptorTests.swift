import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UnixDatagramDescriptorTests {
  /// Sockets that nobody else has: the objects behind them tell them apart.
  private func makeBatch(of count: Int) -> DescriptorBatch {
    var batch = DescriptorBatch()
    for _ in 0..<count {
      batch.append(OwnedDescriptor(owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)))
    }
    return batch
  }

  /// The objects behind descriptors.
  private func objects(of batch: borrowing DescriptorBatch) -> [String] {
    batch.numbers.map { DescriptorAudit.object($0) ?? "none" }
  }

  @Test(arguments: [1, 3, 253], [1, 100_000])
  func `descriptors arrive once, with their datagram, close-on-exec`(
    count: Int,
    size: Int
  ) async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    let batch = makeBatch(of: count)
    try await near.send([0])
    try await near.send(pattern(size), passing: batch)
    try await near.send([2])
    var received = DescriptorBatch()
    #expect(try await far.receive(descriptors: &received).payload == [0])
    let isEmpty = received.isEmpty
    #expect(isEmpty)
    #expect(try await far.receive(upTo: size, descriptors: &received).payload == pattern(size))
    #expect(objects(of: received) == objects(of: batch))
    #expect(received.isTruncated == false)
    for number in received.numbers { #expect(DescriptorAudit.isCloseOnExec(number)) }
    #expect(try await far.receive(descriptors: &received).payload == [2])
    #expect(received.count == count)
  }

  @Test func `no byte, or 254 descriptors, are refused before any call`() async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    let one = makeBatch(of: 1)
    let many = makeBatch(of: 254)
    let error = await expectError(.invalidArgument) { try await near.send([], passing: one) }
    #expect(error?.operation == .send && error?.errno == nil && error?.detail != nil)
    let tooMany = await expectError(.invalidArgument) { try await near.send([1], passing: many) }
    #expect(tooMany?.detail?.contains("254") == true)
    try await near.send([], passing: DescriptorBatch())
    #expect(try await far.receive().payload == [])
  }

  @Test(arguments: [false, true])
  func `descriptors that nobody asked for are closed`(hasCredentials: Bool) async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    try far.set(.receivesCredentials, to: hasCredentials)
    var seen: [String] = []
    for count in [1, 5, 200] {
      let batch = makeBatch(of: count)
      seen += objects(of: batch)
      for _ in 0..<3 { try await near.send([1], passing: batch) }
      let datagram = try await far.receive()
      #expect(datagram.payload == [1])
      #expect((datagram.credentials != nil) == hasCredentials)
      #expect(try await far.receiveIntoSpan(capacity: 8).0 == [1])
      var received = DescriptorBatch()
      #expect(try await far.receive(descriptors: &received, descriptorLimit: 1).payload == [1])
      #expect(received.count == 1 && received.isTruncated == (count > 1))
    }
    #expect(try DescriptorAudit.openObjects().isDisjoint(with: seen))
  }

  @Test func `a cancelled receive takes neither datagram nor descriptors`() async throws {
    let reactor = try Reactor(name: "datagrams")
    let (near, far) = try UnixDatagramSocket.pair(on: reactor)
    let task = Task {
      var batch = DescriptorBatch()
      return try await far.receive(descriptors: &batch)
    }
    try await reactor.waitUntilParked(readers: 1)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await near.send([1], passing: makeBatch(of: 2))
    var received = DescriptorBatch()
    #expect(try await far.receive(descriptors: &received).payload == [1])
    #expect(received.count == 2)
  }

  @Test func `to another address, with credentials beside them`() async throws {
    try await withUnixReceiver(.path) { receiver, reactor in
      try receiver.set(.receivesCredentials, to: true)
      let sender = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      let batch = makeBatch(of: 253)
      try await sender.send([1], passing: batch, to: receiver.localAddress)
      var received = DescriptorBatch()
      let datagram = try await receiver.receive(descriptors: &received)
      #expect(datagram.credentials?.processID == getpid())
      #expect(datagram.sender == sender.localAddress)
      #expect(objects(of: received) == objects(of: batch))
      #expect(received.isTruncated == false)
      let nobody = try UnixAddress.abstract("sockets-nobody-\(UInt32.random(in: 0 ... .max))")
      let error = await expectError(.connectionRefused) {
        try await sender.send([1], passing: batch, to: nobody)
      }
      #expect(error?.remoteAddress as? UnixAddress == nobody)
    }
  }
}
