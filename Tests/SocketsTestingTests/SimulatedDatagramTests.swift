import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SimulatedDatagramTests {
  @Test func `a datagram arrives with its sender and where it was sent to`() async throws {
    try await SimulatedNetwork.run { _ in
      let receiver = try await UDPSocket.bind(to: .any(port: 53))
      let sender = try await UDPSocket.bind(to: SocketAddress(host(2), port: 0))
      try await sender.send([1, 2, 3], to: SocketAddress(host(1), port: 53))
      let datagram = try await receiver.receive(upTo: 2_000)
      #expect(datagram.payload == [1, 2, 3])
      #expect(datagram.sender.unmapped == sender.localAddress)
      #expect(datagram.metadata.localAddress?.unmapped == host(1))
    }
  }

  @Test func `what does not fit is cut, and says so`() async throws {
    try await SimulatedNetwork.run { _ in
      let receiver = try await UDPSocket.bind(to: SocketAddress(host(1), port: 53))
      let sender = try await UDPSocket.connect(to: receiver.localAddress)
      try await sender.send([UInt8](repeating: 9, count: 100))
      try await sender.send([])
      let datagram = try await receiver.receive(upTo: 10)
      #expect(datagram.payload.count == 10 && datagram.length == 100 && datagram.isTruncated)
      #expect(try await receiver.receive(upTo: 10).payload.isEmpty)
    }
  }

  @Test func `a connected socket learns that nobody is there`() async throws {
    try await SimulatedNetwork.run { _ in
      let socket = try await UDPSocket.connect(to: SocketAddress(host(1), port: 53))
      try await socket.send([1])
      let error = await #expect(throws: SocketError.self) { try await socket.receive(upTo: 1) }
      #expect(error?.code == .connectionRefused)
    }
  }

  private func received(seed: UInt64) async throws -> [UInt8] {
    try await SimulatedNetwork.run(seed: seed) { network in
      network.links { link in
        link.loss = 0.2
        link.duplication = 0.1
        link.reordering = 0.2
      }
      let receiver = try await UDPSocket.bind(to: SocketAddress(host(1), port: 53))
      let sender = try await UDPSocket.connect(to: receiver.localAddress)
      for number in 0..<UInt8(200) { try await sender.send([number]) }
      var numbers: [UInt8] = []
      while let next = try? await receiver.receive(upTo: 1, deadline: .now + .seconds(1)) {
        numbers += next.payload
      }
      return numbers
    }
  }

  @Test func `loss, doubles and order are the same for the same seed`() async throws {
    let first = try await received(seed: 3)
    #expect(first.count > 100 && first.count < 220)
    #expect(first != first.sorted())
    #expect(Set(first).count < first.count)
    #expect(try await received(seed: 3) == first)
    #expect(try await received(seed: 4) != first)
  }
}
