import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on names.
@Suite(.timeLimit(.minutes(1))) struct NameMapTests {
  @Test func `a host name becomes addresses`() async throws {
    // map: getaddrinfo
    let addresses = try await SystemResolver().resolve(Endpoint(host: "localhost", port: 80))
    // end
    #expect(addresses.allSatisfy { $0.ip.isLoopback && $0.port == 80 } && !addresses.isEmpty)
  }

  @Test func `an address becomes a host name`() async throws {
    let ip = IPAddress.v4(.loopback)
    // map: getnameinfo
    let name = try await SystemResolver().hostName(of: ip)
    // end
    let addresses = try await SystemResolver().resolve(Endpoint(host: name, port: 80))
    #expect(addresses.contains { $0.ip == ip })
  }

  @Test(.enabled(if: SystemResolverTests.hasServices, "there is no /etc/services"))
  func `services`() async throws {
    // map: getservbyname
    let addresses = try await SystemResolver().resolve(Endpoint(parsing: "192.0.2.1:http"))
    // end
    #expect(try addresses == [SocketAddress("192.0.2.1", port: 80)])
    // map: getservbyport
    let name = try await SystemResolver().serviceName(of: 80)
    // end
    #expect(name == "http")
  }

  @Test func `a look-up is given up with its task`() async throws {
    let resolver = ScriptedResolver(hangingAfter: [])
    let endpoint = try Endpoint(host: "never.example", port: 80)
    // map: gai_cancel
    let lookup = Task { try await resolver.resolve(endpoint, deadline: nil) }
    lookup.cancel()
    // end
    #expect(await lookup.result.isCancellation)
  }

  @Test func `a connection by name`() async throws {
    let listeners = try await TCPListener.bind(to: "localhost", port: 0)
    let port = listeners[0].localAddress.port
    // map: connect to each address of getaddrinfo
    let connection = try await TCPConnection.connect(to: "localhost", port: port)
    // end
    #expect(listeners.contains { $0.localAddress == connection.remoteAddress })
    #expect(connection.connectTimeline?.attempts.isEmpty == false)
    connection.close()
    for listener in listeners { listener.close() }
  }

  @Test func `a connection to one of several addresses`() async throws {
    try await withListener { listener, _ in
      let refusing = SocketAddress(IPv4Address(127, 0, 0, 2), port: listener.localAddress.port)
      let addresses = [refusing, listener.localAddress]
      let endpoint = try Endpoint(host: "cluster", port: 7007)
      // map: Connecting to one of several addresses
      struct Fixed: Resolver {
        let addresses: [SocketAddress]

        func resolve(
          _ endpoint: Endpoint,
          deadline: ContinuousClock.Instant?
        ) async throws -> [SocketAddress] { addresses }
      }
      let cluster = Fixed(addresses: addresses)
      // end
      // map: WSAConnectByList
      let connection = try await TCPConnection.connect(to: endpoint, resolver: cluster)
      // end
      #expect(connection.remoteAddress == listener.localAddress)
      connection.close()
    }
  }
}
