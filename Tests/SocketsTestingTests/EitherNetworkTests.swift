import Sockets
import SocketsTesting
import Testing

/// One body over a simulated network and over the real one: what changes is the reactor.
@Suite(.timeLimit(.minutes(1)))
struct EitherNetworkTests {
  enum Kind: CaseIterable { case simulated, real }

  private func run(_ kind: Kind, _ body: @Sendable (Reactor) async throws -> Void) async throws {
    switch kind {
    case .simulated: try await SimulatedNetwork.run { try await body($0.reactor) }
    case .real: try await body(Reactor(name: "real"))
    }
  }

  @Test(arguments: Kind.allCases)
  func `the same end, reset and refusal`(kind: Kind) async throws {
    try await run(kind) { reactor in
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
      let address = listener.localAddress
      let near = try await TCPConnection.connect(to: address, on: reactor)
      let far = try await listener.accept()
      try await near.write("hello")
      try await near.finish()
      #expect(try await far.read(exactly: 5) == Array("hello".utf8))
      #expect(try await far.read(upTo: 1) == nil)
      try await far.write("bye")
      far.reset()
      // What was sent before the reset may be read, or be lost with it.
      let error = await #expect(throws: SocketError.self) {
        while try await near.read(upTo: 10) != nil {}
      }
      #expect(error?.code == .connectionReset)
      listener.close()
      let refused = await #expect(throws: SocketError.self) {
        try await TCPConnection.connect(to: address, on: reactor)
      }
      #expect(refused?.code == .connectionRefused)
    }
  }

  @Test(arguments: Kind.allCases)
  func `a Unix-domain datagram goes to the socket that was connected to, not to its name`(
    kind: Kind
  ) async throws {
    try await run(kind) { reactor in
      let first = try await UnixDatagramSocket.bind(to: .unnamed, on: reactor)
      let sender = try await UnixDatagramSocket.connect(to: first.localAddress, on: reactor)
      try await sender.send([1])
      #expect(try await first.receive().payload == [1])
      first.close()
      // The name is somebody else's now.
      let second = try await UnixDatagramSocket.bind(to: first.localAddress, on: reactor)
      for code in [SocketError.Code.connectionRefused, .notConnected] {
        let error = await #expect(throws: SocketError.self) { try await sender.send([2]) }
        #expect(error?.code == code)
      }
      let other = try await UnixDatagramSocket.connect(to: first.localAddress, on: reactor)
      try await other.send([3])
      #expect(try await second.receive().payload == [3])
    }
  }

  @Test(arguments: Kind.allCases)
  func `of a pair of datagram sockets, the one is not told that the other was closed`(
    kind: Kind
  ) async throws {
    try await run(kind) { reactor in
      let (near, far) = try UnixDatagramSocket.pair(on: reactor)
      try await far.send([1])
      far.close()
      #expect(try await near.receive().payload == [1])
      let error = await #expect(throws: SocketError.self) {
        try await near.receive(deadline: .now + .milliseconds(20))
      }
      #expect(error?.code == .timedOut)
      let refused = await #expect(throws: SocketError.self) { try await near.send([2]) }
      #expect(refused?.code == .connectionRefused)
    }
  }

  @Test(arguments: Kind.allCases)
  func `any limit will do, however much is there`(kind: Kind) async throws {
    try await run(kind) { reactor in
      let message = [UInt8](repeating: 7, count: 100_000)
      let datagrams = try UnixDatagramSocket.pair(on: reactor)
      let messages = try SeqPacketConnection.pair(on: reactor)
      let streams = try UnixConnection.pair(on: reactor)
      var none = DescriptorBatch()
      for _ in 0..<2 {
        try await datagrams.0.send(message)
        try await messages.0.send(message)
        try await streams.0.write(message[..<1_000])
      }
      #expect(try await datagrams.1.receive(upTo: .max).payload == message)
      #expect(
        try await datagrams.1.receive(upTo: .max, descriptors: &none).payload == message
      )
      #expect(try await messages.1.receive(upTo: .max)?.payload == message)
      let cut = try await messages.1.receive(upTo: 70_000)
      #expect(cut?.payload.count == 70_000 && cut?.length == message.count)
      #expect(
        try await streams.1.read(upTo: .max, descriptors: &none) == Array(message[..<2_000])
      )
      messages.0.close()
      #expect(try await messages.1.receive(upTo: .max) == nil)
      let udp = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
      let sender = try await UDPSocket.connect(to: udp.localAddress, on: reactor)
      try await sender.send(message[..<60_000])
      #expect(try await udp.receive(upTo: .max).payload.count == 60_000)
    }
  }

  @Test(arguments: Kind.allCases)
  func `of sockets that share an address, the last that was bound gets the datagrams`(
    kind: Kind
  ) async throws {
    try await run(kind) { reactor in
      let first = try await UDPSocket.bind(
        to: .loopback(port: 0),
        reusesAddress: true,
        on: reactor
      )
      let second = try await UDPSocket.bind(
        to: first.localAddress,
        reusesAddress: true,
        on: reactor
      )
      let sender = try await UDPSocket.connect(to: first.localAddress, on: reactor)
      try await sender.send([1])
      #expect(try await second.receive().payload == [1])
    }
  }

  @Test(arguments: Kind.allCases)
  func `sockets that share a port share the senders, each of whom stays with one`(
    kind: Kind
  ) async throws {
    try await run(kind) { reactor in
      let first = try await UDPSocket.bind(to: .loopback(port: 0), reusesPort: true, on: reactor)
      let second = try await UDPSocket.bind(
        to: first.localAddress,
        reusesPort: true,
        on: reactor
      )
      for number in 0..<UInt8(60) {
        let sender = try await UDPSocket.connect(to: first.localAddress, on: reactor)
        for _ in 0..<2 { try await sender.send([number]) }
      }
      var received: [[UInt8]] = []
      for socket in [first, second] {
        var numbers: [UInt8] = []
        while let next = try? await socket.receive(deadline: .now + .milliseconds(1)) {
          numbers += next.payload
        }
        received.append(numbers)
      }
      #expect(received[0].count > 20 && received[1].count > 20)
      #expect(received[0].count + received[1].count == 120)
      #expect(Set(received[0]).isDisjoint(with: received[1]))
    }
  }

  @Test(arguments: Kind.allCases)
  func `of messages, a reset is told before those that came ahead of it`(kind: Kind) async throws {
    try await run(kind) { reactor in
      let (near, far) = try SeqPacketConnection.pair(on: reactor)
      try await far.send([1])
      try await near.send([2])
      near.close()
      let error = await #expect(throws: SocketError.self) { try await far.receive(upTo: 8) }
      #expect(error?.code == .connectionReset)
    }
  }
}
