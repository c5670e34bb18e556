import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SimulatedUnixTests {
  @Test(arguments: ["/run/server.sock", ""])
  func `a listener on a path or an abstract name`(path: String) async throws {
    try await SimulatedNetwork.run { network in
      let address = path.isEmpty ? try UnixAddress.abstract("server") : try .path(path)
      let listener = try await UnixListener.bind(to: address)
      let connected = try await UnixConnection.connect(to: address)
      let accepted = try await listener.accept()
      try await connected.write("hello")
      connected.close()
      #expect(try await accepted.read(exactly: 5) == Array("hello".utf8))
      #expect(try await accepted.read(upTo: 1) == nil)
      accepted.close()
      listener.close()
      #expect(network.openDescriptors == 0)
      await #expect(throws: SocketError.self) { try await UnixConnection.connect(to: address) }
    }
  }

  @Test func `a path is bound once, and a dead one can be replaced`() async throws {
    try await SimulatedNetwork.run { _ in
      let address = try UnixAddress.path("/run/server.sock")
      let first = try await UnixListener.bind(to: address)
      let error = await #expect(throws: SocketError.self) {
        try await UnixListener.bind(to: address, existing: .replaceStale)
      }
      #expect(error?.code == .addressInUse)
      first.close()
      _ = try await UnixListener.bind(to: address)
    }
  }

  @Test func `messages keep their boundaries`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try SeqPacketConnection.pair(on: network.reactor)
      try await near.send([1, 2])
      try await near.send([])
      try await near.send([3])
      #expect(try await far.receive(upTo: 10)?.payload == [1, 2])
      #expect(try await far.receive(upTo: 10)?.payload == [])
      #expect(try await far.receive(upTo: 10)?.payload == [3])
      near.close()
      #expect(try await far.receive(upTo: 10) == nil)
    }
  }

  @Test func `a full queue of datagrams is waited for`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try UnixDatagramSocket.pair(on: network.reactor)
      async let sent: Void = {
        for number in 0..<UInt8(40) { try await near.send([number]) }
      }()
      var numbers: [UInt8] = []
      for _ in 0..<40 { numbers += try await far.receive(upTo: 1).payload }
      #expect(numbers == Array(0..<40))
      try await sent
    }
  }

  @Test func `those who speak with one another only are held up by bytes, not by a number`()
    async throws
  {
    try await SimulatedNetwork.run { network in
      let (near, far) = try UnixDatagramSocket.pair(on: network.reactor)
      for number in 0..<UInt8(40) { try await near.send([number]) }
      let sent = await #expect(throws: SocketError.self) {
        while true {
          try await near.send([UInt8](repeating: 0, count: 10_000), deadline: .now + .seconds(1))
        }
      }
      #expect(sent?.code == .timedOut)
      for number in 0..<UInt8(40) { #expect(try await far.receive().payload == [number]) }
      try await near.send([UInt8](repeating: 0, count: 10_000))
    }
  }
}
