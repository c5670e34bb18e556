import SocketsTesting
import Testing

@testable import Sockets

/// What the process, and a child that it starts, see of the library's descriptors.
@Suite(.timeLimit(.minutes(1))) struct DescriptorTests {
  @Test(arguments: Family.allCases)
  func `every descriptor has its flags from birth and is closed once`(
    family: Family
  ) async throws {
    let ledger = DescriptorLedger()
    try await withPair(family, kernel: ledger.kernel()) { pair in
      // epoll, eventfd, and three sockets, of which the listener is closed again with its reserve.
      #expect(ledger.opened == 6)
      #expect(ledger.open.count == 4)
      try await pair.reactor.waitUntilWritable(pair.near.descriptor)
      #expect(ledger.opened == 7)
      #expect(ledger.open.count == 4)
    }
    try await waitUntil { ledger.open.isEmpty }
    #expect(ledger.opened == 7)
    #expect(ledger.faults == [])
  }

  @Test func `nothing stays open in the process`() async throws {
    var objects: [String] = []
    let ledger = DescriptorLedger()
    try await withListener(to: .any(port: 0), kernel: ledger.kernel()) { listener, reactor in
      let address = SocketAddress.loopback(port: listener.localAddress.port)
      let client = try await TCPConnection.connect(to: address, on: reactor)
      let server = try await listener.accept()
      try await server.write("hello")
      objects = ledger.open.compactMap(DescriptorAudit.object)
      // The two eventfds and the epoll instance are anonymous; the three sockets have numbers.
      #expect(objects.count == 6)
      #expect(objects.count { $0.hasPrefix("socket:") } == 3)
      await client.closeGracefully(deadline: .now)
    }
    try await waitUntil { ledger.open.isEmpty }
    let sockets = objects.filter { $0.hasPrefix("socket:") }
    let left = try DescriptorAudit.openObjects()
    #expect(left.isDisjoint(with: sockets))
  }
}
