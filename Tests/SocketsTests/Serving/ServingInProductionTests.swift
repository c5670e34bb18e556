import Glibc
import Testing

@testable import Sockets

/// The snippets of the article, run.
@Suite(.timeLimit(.minutes(1))) struct ServingInProductionTests {
  @Test func `a server, from its first client to the signal that stops it`() async {
    // A signal is for a process of its own.
    await #expect(processExitsWith: .exitCode(7)) {
      let listener = try await TCPListener.bind(to: .loopback(port: 0))
      let address = listener.localAddress
      try ShutdownSignal.install()
      async let stopped: Void = {
        try await ShutdownSignal.wait()
        listener.drain(grace: .seconds(10))
      }()
      async let answered = {
        let client = try await TCPConnection.connect(to: address)
        let refused = try await TCPConnection.connect(to: address)
        try await client.write("hello")
        let reply = try await client.read(exactly: 5)
        refused.reset()
        kill(getpid(), SIGTERM)
        return try await client.read(upTo: 1) == nil && reply == Array("hello".utf8)
      }()
      let report = try await listener.serve(
        maxConnections: 10_000,
        limits: ConnectionLimits(
          idle: .seconds(60),
          firstByte: .seconds(10),
          lifetime: .seconds(3600)
        ),
        onFailure: { connection, error in note("\(connection.remoteAddress): \(error)") },
        handler: answerRequests
      )
      try await stopped
      exit(try await answered && report.accepted == 2 && report.completed > 0 ? 7 : 1)
    }
  }

  @Test func `several listeners, served as one`() async throws {
    let tcp = try await TCPListener.bind(to: .loopback(port: 0))
    let unix = try await UnixListener.bind(to: .unnamed)
    tcp.drain(grace: .seconds(600))
    unix.drain(grace: .seconds(600))
    let listeners = [
      ServedListener(tcp) { connection in try await echo(connection) },
      ServedListener(unix) { connection in try await echo(connection) },
    ]
    let report = try await listeners.serve(maxConnections: 10_000)
    #expect(report.accepted == 0)
  }

  @Test func `deadlines and disconnects`() async throws {
    try await withPair { pair in
      let connection = pair.near
      async let request = pair.far.read(exactly: 7)
      try await pair.far.write("reply")
      let reply = try await withDeadline(in: .seconds(5)) {
        try await connection.write("request")
        return try await connection.read(upTo: 1_024)
      }
      #expect(reply == Array("reply".utf8))
      #expect(try await request == Array("request".utf8))

      @Sendable func render() async throws -> String { "page" }
      let page = try await connection.withCancellationOnDisconnect { try await render() }
      #expect(page == "page")
    }
  }
}

/// Sends requests back until the client has had enough, or the server stops.
private func answerRequests(_ connection: TCPConnection) async throws {
  while try await connection.waitUntilReadableOrDraining() {
    guard let request = try await connection.read(upTo: 1_024) else { return }
    try await connection.write(request)
  }
}

/// What a program does with a line for its log.
private func note(_ line: String) {}
