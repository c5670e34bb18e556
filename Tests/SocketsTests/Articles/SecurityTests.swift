import Testing

@testable import Sockets

/// The snippet of the article on security, run.
@Suite(.timeLimit(.minutes(1))) struct SecurityTests {
  @Test func `a server that faces the Internet`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    @Sendable func answer(_ request: String, on connection: TCPConnection) async throws {
      try await connection.write("\(request)?\n")
    }
    @Sendable func serve() async throws {
      let limits = ConnectionLimits(
        idle: .seconds(30),
        firstByte: .seconds(5),
        lifetime: .seconds(600)
      )
      try await listener.serve(maxConnections: 10_000, limits: limits) { connection in
        for try await request in connection.lines(limit: 1_024) {
          try await withDeadline(in: .seconds(10)) { try await answer(request, on: connection) }
        }
      }
    }
    async let served: Void = serve()
    let client = try await TCPConnection.connect(to: listener.localAddress)
    try await client.write("who\n")
    #expect(try await client.read(upTo: 16) == Array("who?\n".utf8))
    client.close()
    listener.drain(grace: .seconds(10))
    try await served
  }
}
