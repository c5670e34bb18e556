import Sockets
import SocketsTesting
import Testing

private func echo(_ listener: TCPListener) async throws {
  try await listener.serve { connection in
    for try await chunk in connection.chunks { try await connection.write(chunk) }
  }
}

private func reverb(_ listener: TCPListener, delay: Duration = .seconds(1)) async throws {
  try await listener.serve { connection in
    try await withThrowingDiscardingTaskGroup { group in
      for try await shout in connection.lines() {
        group.addTask { try await echo(connection, shout, delay) }
      }
    }
  }
}

private func echo(_ c: TCPConnection, _ shout: String, _ delay: Duration) async throws {
  try await c.write("\t \(shout.uppercased())\n")
  try await Reactor.sleep(for: delay)
  try await c.write("\t \(shout)\n")
  try await Reactor.sleep(for: delay)
  try await c.write("\t \(shout.lowercased())\n")
}

/// The programs of the article, run.
@Suite(.timeLimit(.minutes(1))) struct ComingFromGoTests {
  /// What comes back from a server until the end, after everything is sent.
  private func answer(
    to text: String,
    from serve: @escaping @Sendable (TCPListener) async throws -> Void
  ) async throws -> String {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    async let served: Void = serve(listener)
    let client = try await TCPConnection.connect(to: listener.localAddress)
    try await client.write(text)
    try await client.finish()
    let answer = String(decoding: try await client.readAll(), as: UTF8.self)
    listener.drain(grace: .seconds(600))
    try await served
    return answer
  }

  @Test func `everything comes back`() async throws {
    let text = String(repeating: "hello ", count: 1_000)
    #expect(try await answer(to: text) { try await echo($0) } == text)
  }

  @Test func `a shout dies away after its client has said everything`() async throws {
    let answer = try await answer(to: "Hello\n") { try await reverb($0, delay: .zero) }
    #expect(answer == "\t HELLO\n\t Hello\n\t hello\n")
  }
}
