import Testing

@testable import Sockets

/// The snippets of the documentation's first page.
@Suite(.timeLimit(.minutes(1))) struct LandingPageTests {
  /// Compiled, and not run: it wants a port of its own.
  private func serve() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 7007))
    try await listener.serve(maxConnections: 10_000) { connection in
      for try await chunk in connection.chunks { try await connection.write(chunk) }
    }
  }

  /// Compiled, and not run: it wants the Internet.
  private func fetch() async throws {
    try await TCPConnection.connect(to: "example.org", port: 80) { connection in
      try await connection.write("GET / HTTP/1.0\r\nHost: example.org\r\n\r\n")
      for try await line in connection.lines() { print(line) }
    }
  }
}
