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
}
