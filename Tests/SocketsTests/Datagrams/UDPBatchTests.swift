import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UDPBatchTests {
  /// Receives a number of datagrams, in batches.
  func receive(
    _ count: Int,
    from socket: UDPSocket,
    into batch: inout ReceiveBatch
  ) async throws -> [Datagram<UDP>] {
    var datagrams: [Datagram<UDP>] = []
    while datagrams.count < count {
      try await socket.receiveBatch(into: &batch, deadline: .now + .seconds(20))
      for index in batch.indices {
        datagrams.append(Datagram(payload: batch.payload(at: index), header: batch[index]))
        batch.withPayload(at: index) { bytes in
          #expect(bytes.byteCount == datagrams.last?.payload.count)
        }
        let sender = batch.sender(at: index)
        #expect(sender == datagrams.last?.sender)
      }
    }
    return datagrams
  }

  @Test(arguments: UDPSocketTests.loopbacks, [false, true])
  func `a batch arrives in order`(loopback: SocketAddress, coalesces: Bool) async throws {
    let receiver = try await UDPSocket.bind(to: loopback, coalesces: coalesces)
    let sender = try await UDPSocket.bind(to: loopback)
    var outgoing = SendBatch(capacity: 200)
    var incoming = ReceiveBatch(capacity: 16)
    // Equal lengths go together, others alone; empty ones never go with others.
    let lengths = (0..<150).map { [300, 300, 300, 0, 17, 17, 400, 2][$0 / 3 % 8] }
    for (number, length) in lengths.enumerated() {
      let payload = [UInt8](repeating: UInt8(number), count: length)
      let isAdded = outgoing.append(payload, to: receiver.localAddress)
      #expect(isAdded)
    }
    #expect(outgoing.count == 150)
    let isEmpty = outgoing.isEmpty
    #expect(!isEmpty)
    try await sender.sendBatch(&outgoing)
    #expect(outgoing.count == 0)
    let datagrams = try await receive(150, from: receiver, into: &incoming)
    #expect(datagrams.map(\.payload.count) == lengths)
    for (number, datagram) in datagrams.enumerated() {
      #expect(datagram.payload.allSatisfy { $0 == UInt8(number) })
      #expect(datagram.sender == sender.localAddress)
      #expect(datagram.length == lengths[number])
      #expect(!datagram.isTruncated)
      #expect(datagram.metadata.localAddress == receiver.localAddress.ip)
    }
    if coalesces { #expect(datagrams.contains { $0.metadata.segmentSize == 300 }) }
    try await sender.sendBatch(&outgoing)  // nothing, at once
  }

  @Test func `one receive splits more datagrams than there are messages`() async throws {
    let receiver = try await UDPSocket.bind(to: .loopback(port: 0), coalesces: true)
    let sender = try await UDPSocket.bind(to: .loopback(port: 0))
    var outgoing = SendBatch()
    for number in UInt8(0)..<60 {
      let isAdded = outgoing.append([number, 1, 2], to: receiver.localAddress)
      #expect(isAdded)
    }
    let isShortAdded = outgoing.append([60], to: receiver.localAddress)
    #expect(isShortAdded)
    try await sender.sendBatch(&outgoing)
    var incoming = ReceiveBatch(capacity: 1)
    try await receiver.receiveBatch(into: &incoming)
    #expect(incoming.count == 61)
    for index in incoming.indices {
      let payload = incoming.payload(at: index)
      #expect(payload == (index < 60 ? [UInt8(index), 1, 2] : [60]))
      let header = incoming[index]
      #expect(header.metadata.segmentSize == 3)
      #expect(header.length == payload.count)
    }
  }

  @Test func `single receives take coalesced datagrams one by one`() async throws {
    let receiver = try await UDPSocket.bind(to: .loopback(port: 0), coalesces: true)
    for limit in [65_535, 2] {
      try await receiver.send(
        Array(0..<10),
        to: receiver.localAddress,
        metadata: DatagramMetadata(segmentSize: 4)
      )
      for expected: [UInt8] in [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] {
        let datagram = try await receiver.receive(upTo: limit, deadline: .now + .seconds(10))
        #expect(datagram.payload == Array(expected.prefix(limit)))
        #expect(datagram.length == expected.count)
        #expect(datagram.isTruncated == (expected.count > limit))
      }
    }
    try await receiver.send([], to: receiver.localAddress)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
    defer { unsafe memory.deallocate() }
    var span = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
    let header = try await receiver.receive(into: &span, deadline: .now + .seconds(10))
    #expect(header.payloadLength == 0)
  }

  @Test func `empty and truncated datagrams have their place in a batch`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    for length in [0, 5, 50, 0, 6] {
      try await socket.send([UInt8](repeating: 1, count: length), to: socket.localAddress)
    }
    var incoming = ReceiveBatch(capacity: 3, maximumLength: 10)
    let datagrams = try await receive(5, from: socket, into: &incoming)
    #expect(datagrams.map(\.payload.count) == [0, 5, 10, 0, 6])
    #expect(datagrams.map(\.length) == [0, 5, 50, 0, 6])
    #expect(datagrams.map(\.isTruncated) == [false, false, true, false, false])
    #expect(incoming.count == 2)
    incoming.removeAll()
    #expect(incoming.count == 0)
  }

  @Test func `a datagram that is refused does not keep the others`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let unreachable = SocketAddress(IPv6Address.loopback, port: 9)
    var outgoing = SendBatch(capacity: 8, maximumLength: 65_535)
    for (payload, address, metadata) in [
      ([1], socket.localAddress, DatagramMetadata()),
      ([UInt8](repeating: 2, count: 65_508), socket.localAddress, DatagramMetadata()),
      ([3], socket.localAddress, DatagramMetadata()),
      ([4], unreachable, DatagramMetadata()),
      ([5], socket.localAddress, DatagramMetadata(hopLimit: 0)),
      ([6], socket.localAddress, DatagramMetadata()),
    ] {
      let isAdded = outgoing.append(payload, to: address, metadata: metadata)
      #expect(isAdded)
    }
    do {
      try await socket.sendBatch(&outgoing)
      Issue.record("sent too much")
    } catch let error as SocketError {
      #expect(error.code == .messageTooLong)
      #expect(error.remoteAddress as? SocketAddress == socket.localAddress)
      #expect(error.detail?.contains("3") == true)
    }
    #expect(outgoing.count == 0)
    for expected: UInt8 in [1, 3, 6] {
      #expect(try await socket.receive(deadline: .now + .seconds(10)).payload == [expected])
    }
  }

  @Test func `a full batch says so and can be used again`() async throws {
    let socket = try await UDPSocket.bind(to: .loopback(port: 0))
    let other = try await UDPSocket.bind(to: .loopback(port: 0))
    var outgoing = SendBatch(capacity: 2, maximumLength: 1)
    var added: [Bool] = []
    for address in [socket.localAddress, other.localAddress, socket.localAddress] {
      added.append(outgoing.append([1], to: address))
    }
    #expect(added == [true, true, false])
    let isExtended = outgoing.append([2], to: other.localAddress)
    #expect(isExtended)
    let isTooLong = outgoing.append([UInt8](repeating: 0, count: 65_535), to: other.localAddress)
    #expect(!isTooLong)
    for round in 0..<3 {
      try await socket.sendBatch(&outgoing)
      #expect(try await socket.receive().payload == [1])
      #expect(try await other.receive().payload == [1])
      if round == 0 { #expect(try await other.receive().payload == [2]) }
      for address in [socket.localAddress, other.localAddress] {
        let isAdded = outgoing.append([1], to: address)
        #expect(isAdded)
      }
    }
    outgoing.removeAll()
    #expect(outgoing.count == 0)
  }

  @Test func `a device that cannot segment gets the datagrams one by one`() async throws {
    let refusals = Lock(1)
    var calls = SystemCalls()
    let send = unsafe calls.sendmmsg
    unsafe calls.sendmmsg = { fd, messages, flags in
      let refuses = refusals.withLock { left in
        left -= 1
        return left >= 0
      }
      return unsafe refuses ? -Int(Errno.inputOutput.rawValue) : send(fd, messages, flags)
    }
    let reactor = try Reactor(kernel: Kernel(calls))
    let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    var outgoing = SendBatch()
    for number in UInt8(0)..<5 {
      let isAdded = outgoing.append(
        [UInt8](repeating: number, count: number == 4 ? 1 : 3),
        to: socket.localAddress
      )
      #expect(isAdded)
    }
    try await socket.sendBatch(&outgoing)
    for number in UInt8(0)..<5 {
      let payload = try await socket.receive(deadline: .now + .seconds(10)).payload
      #expect(payload == [UInt8](repeating: number, count: number == 4 ? 1 : 3))
    }
  }

  /// How many messages can be sent, one per call, before there is no room.
  final class Budget: Sendable {
    private let left: Lock<Int>

    init(_ count: Int) { left = Lock(count) }

    func set(_ count: Int) { left.withLock { $0 = count } }

    func spend() -> Bool {
      left.withLock { left in
        left -= 1
        return left >= 0
      }
    }

    func socket() async throws -> UDPSocket {
      var calls = SystemCalls()
      let send = unsafe calls.sendmmsg
      unsafe calls.sendmmsg = { fd, messages, flags in
        if !self.spend() { return -Int(Errno.again.rawValue) }
        return unsafe send(fd, UnsafeMutableBufferPointer(rebasing: messages[..<1]), flags)
      }
      let reactor = try Reactor(kernel: Kernel(calls))
      return try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
    }
  }

  @Test(arguments: [0, 1, 2])
  func `a cancelled batch says whether a part has left, and keeps the rest`(sent: Int) async throws
  {
    let socket = try await Budget(sent).socket()
    let task = Task {
      var outgoing = SendBatch()
      for number in 1...3 {
        let payload = [UInt8](repeating: UInt8(number), count: number)
        _ = outgoing.append(payload, to: socket.localAddress)
      }
      do {
        try await socket.sendBatch(&outgoing)
        return (count: outgoing.count, code: SocketError.Code?.none, isCancelled: false)
      } catch is CancellationError {
        return (outgoing.count, nil, true)
      } catch {
        return (outgoing.count, (error as? SocketError)?.code, false)
      }
    }
    try await socket.reactor.waitUntilParked(writers: 1)
    task.cancel()
    let outcome = await task.value
    #expect(outcome.count == 3 - sent)
    #expect(outcome.isCancelled == (sent == 0))
    #expect(outcome.code == (sent == 0 ? nil : .cancelled))
  }

  @Test func `a batch that runs out of time keeps what was not sent`() async throws {
    let budget = Budget(1)
    let socket = try await budget.socket()
    var outgoing = SendBatch()
    for number in 1...3 {
      let payload = [UInt8](repeating: UInt8(number), count: number)
      let isAdded = outgoing.append(payload, to: socket.localAddress)
      #expect(isAdded)
    }
    do {
      try await socket.sendBatch(&outgoing, deadline: .now + .milliseconds(5))
      Issue.record("sent without room")
    } catch let error as SocketError {
      #expect(error.code == .timedOut)
    }
    #expect(outgoing.count == 2)
    budget.set(.max)
    socket.port.registration.signal(.write)  // the edge that real room would make
    try await socket.sendBatch(&outgoing)
    #expect(outgoing.count == 0)
    for number in 1...3 {
      #expect(try await socket.receive(deadline: .now + .seconds(10)).length == number)
    }
  }

  @Test func `a refusal reaches the receiver of batches and the next batch succeeds`() async throws
  {
    let server = try await UDPSocket.bind(to: .loopback(port: 0))
    server.close()
    let client = try await UDPSocket.connect(to: server.localAddress)
    try await client.send([1])
    var incoming = ReceiveBatch()
    do {
      try await client.receiveBatch(into: &incoming, deadline: .now + .seconds(10))
      Issue.record("received from nobody")
    } catch let error as SocketError {
      #expect(error.code == .connectionRefused)
    }
    let reborn = try await UDPSocket.bind(to: server.localAddress)
    try await reborn.send([2], to: client.localAddress)
    try await client.receiveBatch(into: &incoming, deadline: .now + .seconds(10))
    #expect(incoming.count == 1)
  }

  @Test func `what is longer than any datagram is refused as it is sent`() async throws {
    let receiver = try await UDPSocket.bind(to: .loopback(port: 0))
    let sender = try await UDPSocket.connect(to: receiver.localAddress)
    var batch = SendBatch(capacity: 4)
    #expect(batch.append([1]) == true)
    #expect(batch.append([UInt8](repeating: 0, count: 200_000)) == true)
    #expect(batch.append([2]) == true)
    do {
      try await sender.sendBatch(&batch)
      Issue.record("was sent")
    } catch let error as SocketError {
      #expect(error.code == .messageTooLong)
    }
    #expect(batch.isEmpty == true)
    #expect(try await receiver.receive().payload == [1])
    #expect(try await receiver.receive().payload == [2])
  }
}
