import Sockets
import SocketsTesting
import Testing

private func send(to address: SocketAddress) async throws {
  let connection = try await TCPConnection.connect(to: address, deadline: .now + .seconds(5))
  try await connection.write([0x01, 0x02, 0x03])
  connection.close()
}

private func serve(_ listener: TCPListener) async throws {
  print("listening on \(listener.localAddress)")
  defer { listener.close() }
  try await listener.serve(onFailure: { print("\($0.remoteAddress): \($1)") }) { connection in
    print("open \(connection.remoteAddress)")
    for try await request in connection.lines() {
      try await connection.write("\(respond(to: request))\n")
    }
    print("close \(connection.remoteAddress)")
  }
}

private let print = Printed()

@Sendable private func respond(to request: String) -> String { request.uppercased() }

/// The programs of the article, run.
@Suite(.timeLimit(.minutes(1))) struct ComingFromFlyingFoxTests {
  @Test func `three bytes and the end arrive`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let sent: Void = send(to: listener.localAddress)
    let connection = try await listener.accept()
    #expect(try await connection.readAll() == [1, 2, 3])
    try await sent
  }

  @Test func `a cancelled server leaves nothing behind`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let server = Task { try await serve(listener) }
    let connection = try await TCPConnection.connect(to: listener.localAddress)
    try await connection.write("fish\n")
    #expect(try await connection.read(upTo: 16) == Array("FISH\n".utf8))
    server.cancel()
    await #expect(throws: CancellationError.self) { try await server.value }
    #expect(listener.isClosed)
    let (here, there) = (listener.localAddress, connection.localAddress)
    #expect(print.lines == ["listening on \(here)", "open \(there)"])
  }
}
