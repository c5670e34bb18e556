import Testing

@testable import Sockets

/// The snippets of the article on names, run.
@Suite(.timeLimit(.minutes(1))) struct NamesAndHappyEyeballsTests {
  @Test func `connecting by name, and how it went`() async throws {
    var notes: [String] = []
    func note(_ line: String) { notes.append(line) }
    try await withListener { listener, _ in
      let port = listener.localAddress.port
      let connection = try await TCPConnection.connect(
        to: "localhost",
        port: port,
        deadline: .now + .seconds(5)
      )
      if let timeline = connection.connectTimeline { note("\(timeline)") }
      connection.close()
    }
    #expect(notes.first?.contains("connected after") == true)
  }

  @Test func `what a person types`() throws {
    let web = try Endpoint(parsing: "example.org:https")
    let local = try Endpoint(parsing: "[::1]:7007")
    let plain = try Endpoint(parsing: "example.org", defaultPort: 80)
    #expect("\(web) \(local) \(plain)" == "example.org:https [::1]:7007 example.org:80")
    #expect(local.socketAddress == .loopbackIPv6(port: 7007))
    for number in ["127.1:80", "0x7f000001:80"] {
      #expect(throws: SocketError.self) { try Endpoint(parsing: number) }
    }
    let address = try SocketAddress(parsing: "[fe80::1%lo]:7007")
    #expect(try SocketAddress(parsing: "\(address)") == address)
  }

  @Test func `a look-up, and one that drops what it does not want`() async throws {
    let endpoint = try Endpoint(host: "localhost", port: 80)
    let addresses = try await SystemResolver().resolve(endpoint, deadline: .now + .seconds(5))
    #expect(addresses.allSatisfy(\.ip.isLoopback) && !addresses.isEmpty)

    struct PublicOnly: Resolver {
      func resolve(
        _ endpoint: Endpoint,
        deadline: ContinuousClock.Instant?
      ) async throws -> [SocketAddress] {
        let addresses = try await SystemResolver().resolve(endpoint, deadline: deadline)
        let allowed = addresses.filter { address in
          let ip = address.ip.unmapped
          return !ip.isLoopback && !ip.isPrivate && !ip.isLinkLocal && !ip.isUnspecified
        }
        if allowed.isEmpty { throw SocketError(.permissionDenied, operation: .resolve) }
        return allowed
      }
    }
    let error = await #expect(throws: SocketError.self) {
      try await TCPConnection.connect(to: "localhost", port: 80, resolver: PublicOnly())
    }
    #expect(error?.code == .permissionDenied)
  }

  @Test func `a race of replicas, and its failure`() async throws {
    struct Replicas: Resolver {
      let addresses: [SocketAddress]

      func resolve(
        _ endpoint: Endpoint,
        deadline: ContinuousClock.Instant?
      ) async throws -> [SocketAddress] { addresses }
    }
    let dead = try await unusedAddress(at: .loopback(port: 0)) {
      try await TCPListener.bind(to: $0).close()
    }
    try await withListener { listener, _ in
      let replicas = [dead, listener.localAddress]
      let connection = try await TCPConnection.connect(
        to: "replicas",
        port: 7007,
        resolver: Replicas(addresses: replicas)
      )
      #expect(connection.remoteAddress == listener.localAddress)
      connection.close()
    }
    var notes: [String] = []
    func note(_ line: String) { notes.append(line) }
    let endpoint = Endpoint(dead)
    do {
      let connection = try await TCPConnection.connect(to: endpoint)
      connection.close()
    } catch let error as SocketError {
      note("\(error)")
      for attempt in error.connectTimeline?.attempts ?? [] { note("\(attempt)") }
    }
    #expect(notes.count == 2)
  }

  @Test func `listening by name`() async throws {
    let listeners = try await TCPListener.bind(to: "localhost", port: 0)
    @Sendable func serve() async throws {
      try await listeners.serve(maxConnections: 10_000) { connection in
        for try await chunk in connection.chunks { try await connection.write(chunk) }
      }
    }
    async let served: Void = serve()
    for listener in listeners {
      try await TCPConnection.connect(to: listener.localAddress) { client in
        try await client.write("hello")
        #expect(try await client.read(exactly: 5) == Array("hello".utf8))
      }
    }
    listeners.drain(grace: .seconds(10))
    try await served
  }
}
