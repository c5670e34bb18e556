import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UnixDatagramTests {
  @Test(arguments: UnixPlace.allCases)
  func `datagrams of every length arrive as they were sent`(place: UnixPlace) async throws {
    try await withUnixReceiver(place) { receiver, reactor in
      let sender = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      #expect(sender.localAddress.abstractName?.isEmpty == false)
      #expect(sender.remoteAddress == nil && receiver.remoteAddress == nil)
      for length in [0, 1, 1_472, 65_507, 100_000] {
        let payload = pattern(length)
        try await sender.send(payload, to: receiver.localAddress)
        let datagram = try await receiver.receive(upTo: 200_000)
        #expect(datagram.payload == payload)
        #expect(datagram.sender == sender.localAddress)
        #expect(datagram.length == length && !datagram.isTruncated)
        #expect(datagram.credentials == nil)
        try await receiver.send(Array(payload.prefix(7))[...], to: datagram.sender)
        #expect(try await sender.receive().payload == Array(payload.prefix(7)))
      }
    }
  }

  @Test func `one that is too long fails alone`() async throws {
    try await withUnixReceiver { receiver, reactor in
      let sender = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      let room = try sender.get(.sendBufferSize)
      let error = await expectError(.messageTooLong) {
        try await sender.send([UInt8](repeating: 1, count: room), to: receiver.localAddress)
      }
      #expect(error?.operation == .send && error?.errno == EMSGSIZE)
      #expect(error?.localAddress as? UnixAddress == sender.localAddress)
      #expect(error?.remoteAddress as? UnixAddress == receiver.localAddress)
      try await sender.send([1, 2, 3], to: receiver.localAddress)
      #expect(try await receiver.receive().payload == [1, 2, 3])
    }
  }

  @Test func `one that exceeds the room is cut, and says how long it was`() async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    defer {
      near.close()
      far.close()
    }
    for _ in 0..<3 { try await near.send(Array(0..<100)) }
    try await near.send([9])
    let datagram = try await far.receive(upTo: 10)
    #expect(datagram.payload == Array(0..<10))
    #expect(datagram.isTruncated && datagram.length == 100)
    let nothing = try await far.receive(upTo: 0)
    #expect(nothing.payload == [] && nothing.isTruncated && nothing.length == 100)
    let (bytes, header) = try await far.receiveIntoSpan(capacity: 30)
    #expect(bytes == Array(0..<30))
    #expect(header.length == 100 && header.payloadLength == 30 && header.isTruncated)
    let (last, whole) = try await far.receiveIntoSpan(capacity: 30)
    #expect(last == [9] && whole.length == 1 && !whole.isTruncated)
  }

  @Test func `the sequence goes on over empty and truncated datagrams until the close`()
    async throws
  {
    let (near, far) = try UnixDatagramSocket.pair()
    defer { near.close() }
    for text in ["a", "", "long", "", "", "c"] { try await near.send(text.utf8) }
    var received: [String] = []
    for try await datagram in far.datagrams(upTo: 2) {
      received.append(String(decoding: datagram.payload, as: UTF8.self))
      if received.count == 6 { far.close() }
    }
    #expect(received == ["a", "", "lo", "", "", "c"])
    #expect(far.isClosed)
  }

  @Test func `without a name of its own, a sender is unnamed and cannot be answered`() async throws
  {
    try await withUnixReceiver { receiver, reactor in
      let sender = try await UnixDatagramSocket.connect(to: receiver.localAddress, on: reactor)
      defer { sender.close() }
      #expect(sender.localAddress == .unnamed)
      #expect(sender.remoteAddress == receiver.localAddress)
      try await sender.send([1])
      let datagram = try await receiver.receive()
      #expect(datagram.sender == .unnamed)
      let error = await expectError(.invalidAddress) {
        try await receiver.send([2], to: datagram.sender)
      }
      #expect(error?.operation == .send && error?.errno == nil)
      await expectError(.invalidAddress) { try await UnixDatagramSocket.connect(to: .unnamed) }
    }
  }

  @Test(arguments: UnixPlace.allCases)
  func `a connected socket needs no destination and hears its peer only`(
    place: UnixPlace
  ) async throws {
    try await withUnixReceiver(place) { server, reactor in
      let client = try await UnixDatagramSocket.connect(
        to: server.localAddress,
        from: .unnamed,
        on: reactor
      )
      let stranger = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      try await client.send([1])
      let request = try await server.receive()
      #expect(request.sender == client.localAddress)
      let error = await expectError(.permissionDenied) {
        try await stranger.send([2], to: client.localAddress)
      }
      #expect(error?.errno == EPERM)
      try await server.send([3], to: request.sender)
      #expect(try await client.receive().payload == [3])
      // A connected socket may still send elsewhere.
      try await client.send([4], to: stranger.localAddress)
      #expect(try await stranger.receive().sender == client.localAddress)
    }
  }

  @Test func `a pair has no names, and both ends are connected`() async throws {
    let (near, far) = try UnixDatagramSocket.pair()
    for (one, other) in [(near, far), (far, near)] {
      #expect(one.localAddress == .unnamed && one.remoteAddress == .unnamed)
      try await one.send([7, 8])
      let datagram = try await other.receive()
      #expect(datagram.payload == [7, 8] && datagram.sender == .unnamed)
    }
  }

  @Test func `abstract names are binary, at both ends`() async throws {
    let unique = Array("sockets-\(getpid())-\(UInt32.random(in: 0...UInt32.max))".utf8)
    let names = [unique, unique + [0], unique + [0, 255, 0]]
    var sockets: [UnixDatagramSocket] = []
    for name in names {
      sockets.append(try await UnixDatagramSocket.bind(to: .abstract(name)))
      #expect(sockets.last?.localAddress.abstractName == name)
    }
    for (index, socket) in sockets.enumerated() {
      let receiver = sockets[(index + 1) % 3]
      try await socket.send([UInt8(index)], to: receiver.localAddress)
      #expect(try await receiver.receive().sender == .abstract(names[index]))
    }
    await expectError(.addressInUse) { try await UnixDatagramSocket.bind(to: .abstract(names[0])) }
  }

  @Test func `who is not there is an error of that send`() async throws {
    try await withDirectory { directory in
      let sender = try await UnixDatagramSocket.bind(to: .path(directory + "/sender"))
      defer { sender.close() }
      let (dead, missing) = (
        try UnixAddress.path(directory + "/dead"), try UnixAddress.path(directory + "/missing")
      )
      #expect(RawUnixSocket(type: Int32(SOCK_DGRAM.rawValue)).bind(to: dead))
      let stream = try await UnixListener.bind(to: .path(directory + "/stream"))
      defer { stream.close() }
      let cases: [(UnixAddress, SocketError.Code, Int32)] = [
        (dead, .connectionRefused, ECONNREFUSED), (missing, .fileNotFound, ENOENT),
        (stream.localAddress, .other, EPROTOTYPE),
      ]
      for (address, code, errno) in cases {
        let error = await expectError(code) { try await sender.send([1], to: address) }
        #expect(error?.operation == .send && error?.errno == errno)
        #expect(error?.localAddress as? UnixAddress == sender.localAddress)
        #expect(error?.remoteAddress as? UnixAddress == address)
        let refused = await expectError(code) {
          try await UnixDatagramSocket.connect(to: address)
        }
        #expect(refused?.operation == .connect && refused?.errno == errno)
        #expect(refused?.remoteAddress as? UnixAddress == address)
      }
      await expectError(.notConnected) { try await sender.send([1]) }
      try await sender.send([2], to: sender.localAddress)
      #expect(try await sender.receive().payload == [2])
    }
  }

  @Test func `a peer that is gone is refused once, and then there is none`() async throws {
    try await withUnixReceiver { server, reactor in
      let client = try await UnixDatagramSocket.connect(to: server.localAddress, on: reactor)
      server.close()
      let refused = await expectError(.connectionRefused) { try await client.send([1]) }
      #expect(refused?.remoteAddress as? UnixAddress == server.localAddress)
      for _ in 0..<2 { await expectError(.notConnected) { try await client.send([1]) } }
      // Its receives have nothing to do with that.
      await expectError(.timedOut) { try await client.receive(deadline: .now) }
    }
  }

  @Test
  func `a peer that turns to another, and drops what it has, is told once and ends no sequence`()
    async throws
  {
    try await withUnixReceiver { other, reactor in
      let names = try (0..<2).map { index in
        try UnixAddress.abstract("sockets-turn-\(index)-\(UInt32.random(in: 0 ... .max))")
      }
      let raw = RawUnixSocket(type: Int32(SOCK_DGRAM.rawValue))
      #expect(raw.bind(to: names[0]))
      func connectRaw(to address: UnixAddress) -> Bool {
        unsafe KernelAddress(address).withBytes {
          unsafe Kernel.linux.call.connect(raw.number, $0) == 0
        }
      }
      let socket = try await UnixDatagramSocket.connect(to: names[0], from: names[1], on: reactor)
      defer { socket.close() }
      #expect(connectRaw(to: names[1]))
      try await socket.send([0])
      #expect(connectRaw(to: other.localAddress))
      await expectError(.connectionReset) { try await socket.receive() }
      await expectError(.timedOut) { try await socket.receive(deadline: .now) }

      #expect(connectRaw(to: names[1]))
      try await socket.send([0])
      #expect(connectRaw(to: other.localAddress))
      async let sequence: Int = {
        var count = 0
        for try await datagram in socket.datagrams {
          count += 1
          if datagram.payload == [2] { break }
        }
        return count
      }()
      try await reactor.waitUntilParked(readers: 1)
      #expect(connectRaw(to: names[1]))
      let two: [UInt8] = [2]
      let sent = unsafe send(raw.number, two, 1, 0)
      #expect(sent == 1)
      #expect(try await sequence == 1)
    }
  }

  @Test func `each datagram tells who has sent it, if the socket asks`() async throws {
    let me = PeerCredentials(processID: getpid(), userID: geteuid(), groupID: getegid())
    let receiver = try await UnixDatagramSocket.bind(to: .unnamed) { socket, _ in
      try socket.set(.receivesCredentials, to: true)
    }
    let sender = try await UnixDatagramSocket.connect(to: receiver.localAddress)
    try await sender.send([1])
    try await sender.send([2])
    #expect(try await receiver.receive().credentials == me)
    #expect(try await receiver.receiveIntoSpan(capacity: 8).1.credentials == me)
    try receiver.set(.receivesCredentials, to: false)
    try await sender.send([3])
    #expect(try await receiver.receive().credentials == nil)
    // What was sent before the option was set tells of nobody.
    try await sender.send([4])
    try receiver.set(.receivesCredentials, to: true)
    let nobody = try await receiver.receive().credentials
    #expect(nobody == nil || nobody?.processID == 0)
  }

  @Test func `a socket is close-on-exec and non-blocking, and closed in the end`() async throws {
    let ledger = DescriptorLedger()
    let reactor = try Reactor(name: "datagrams", kernel: ledger.kernel())
    let before = ledger.open
    do {
      let bound = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      let client = try await UnixDatagramSocket.connect(to: bound.localAddress, on: reactor)
      _ = try UnixDatagramSocket.pair(on: reactor)
      try await client.send([1])
      #expect(try await bound.receive().payload == [1])
      #expect(reactor.statistics.registrations == 2)
      await expectError(.addressInUse) {
        try await UnixDatagramSocket.bind(to: bound.localAddress, on: reactor)
      }
      await expectError(.connectionRefused) {
        try await UnixDatagramSocket.connect(to: .abstract("nobody"), on: reactor)
      }
    }
    #expect(ledger.open == before)
    #expect(ledger.faults == [])
  }
}
