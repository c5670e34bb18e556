import Glibc
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct SystemResolverTests {
  static let hasServices = unsafe access("/etc/services", R_OK) == 0

  func resolver(_ change: (inout NameLookup) -> Void) -> SystemResolver {
    var lookup = NameLookup()
    change(&lookup)
    return SystemResolver(threads: LookupThreads(limit: 4, queueLimit: 16), lookup: lookup)
  }

  static let failures: [(Int32, Int32, SocketError.Code)] = [
    (EAI_NONAME, 0, .nameNotFound), (-5, 0, .nameNotFound), (-9, 0, .nameNotFound),
    (EAI_AGAIN, 0, .nameServerUnavailable), (EAI_FAIL, 0, .nameResolutionFailed),
    (EAI_SERVICE, 0, .serviceNotFound), (EAI_MEMORY, 0, .noBufferSpace),
    (EAI_FAMILY, 0, .notSupported), (EAI_SYSTEM, EMFILE, .tooManyOpenFiles),
    (EAI_SYSTEM, 0, .nameResolutionFailed), (-4711, 0, .nameResolutionFailed),
  ]

  @Test(arguments: failures)
  func `each failure of the C library has its code`(
    number: Int32,
    errno: Int32,
    code: SocketError.Code
  ) async throws {
    let resolver = resolver { $0.addresses = { _, _ in .failure(.init(number, errno)) } }
    let error = await #expect(throws: SocketError.self) {
      try await resolver.resolve(Endpoint(host: "example.org", port: 80))
    }
    #expect(error?.code == code)
    #expect(error?.operation == .resolve)
    #expect(error?.errno == (errno == 0 ? nil : errno))
    #expect(error?.detail?.hasPrefix("example.org:80: ") == true)
  }

  @Test func `a host with a port asks for the host only`() async throws {
    let resolver = resolver {
      $0.addresses = { host, service in
        host == "example.org" && service == nil
          ? .success([.loopbackIPv6(port: 0), .loopback(port: 0)]) : .success([])
      }
    }
    #expect(
      try await resolver.resolve(Endpoint(host: "Example.org", port: 81)) == [
        .loopbackIPv6(port: 81), .loopback(port: 81),
      ]
    )
    let error = await #expect(throws: SocketError.self) {
      try await resolver.resolve(Endpoint(host: "nobody.example", port: 81))
    }
    #expect(error?.code == .nameNotFound)
  }

  @Test func `an address with a service asks for the service only, and keeps its zone`()
    async throws
  {
    let resolver = resolver {
      $0.addresses = { host, service in
        host == nil && service == "http"
          ? .success([.loopback(port: 80), .loopbackIPv6(port: 80)]) : .success([])
      }
    }
    #expect(
      try await resolver.resolve(Endpoint(parsing: "[fe80::1%7]:http")) == [
        SocketAddress("fe80::1%7", port: 80)
      ]
    )
  }

  @Test func `a host with a service asks for both`() async throws {
    let resolver = resolver {
      $0.addresses = { host, service in
        host == "a" && service == "http" ? .success([.loopback(port: 80)]) : .success([])
      }
    }
    #expect(try await resolver.resolve(Endpoint(parsing: "a:http")) == [.loopback(port: 80)])
  }

  @Test func `numbers are answered without a look-up`() async throws {
    let resolver = resolver {
      $0.addresses = { _, _ in
        Issue.record("looked up")
        return .success([])
      }
    }
    for text in ["127.0.0.1:80", "[::1]:80", "[fe80::1%4000000000]:80"] {
      #expect(try await resolver.resolve(Endpoint(parsing: text)).map(\.description) == [text])
    }
  }

  @Test func `localhost is this machine`() async throws {
    let addresses = try await SystemResolver().resolve(Endpoint(host: "localhost", port: 80))
    #expect(!addresses.isEmpty)
    #expect(addresses.allSatisfy { $0.ip.isLoopback && $0.port == 80 })
    #expect(Set(addresses).count == addresses.count)
  }

  @Test(.enabled(if: Self.hasServices, "the machine has no table of services"))
  func `service names and ports lead to each other`() async throws {
    let resolver = SystemResolver()
    for (name, port) in [("http", 80), ("https", 443), ("smtp", 25)] as [(String, UInt16)] {
      let addresses = try await resolver.resolve(Endpoint(host: "127.0.0.1", service: name))
      #expect(addresses == [.loopback(port: port)])
      #expect(try await resolver.serviceName(of: port) == name)
    }
    #expect(try await resolver.serviceName(of: 65_534) == nil)
  }

  @Test func `a service that nobody knows is not found`() async throws {
    let error = await #expect(throws: SocketError.self) {
      try await SystemResolver().resolve(Endpoint(host: "127.0.0.1", service: "nope-nope"))
    }
    #expect(error?.code == .serviceNotFound)
  }

  @Test func `an address leads to its name`() async throws {
    #expect(try await SystemResolver().hostName(of: .v4(.loopback)) == "localhost")
    let resolver = resolver { $0.hostName = { _ in .failure(.init(EAI_NONAME, 0)) } }
    let error = await #expect(throws: SocketError.self) {
      try await resolver.hostName(of: .v6(.loopback))
    }
    #expect(error?.code == .nameNotFound)
    #expect(error?.detail?.hasPrefix("::1: ") == true)
  }
}
