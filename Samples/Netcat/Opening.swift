import SampleSupport
import Sockets

/// The sockets that the command line asks for.
extension Netcat {
  /// Connects to a Unix-domain address.
  static func connect(
    to address: UnixAddress,
    _ arguments: Arguments
  ) async throws -> UnixConnection {
    let connection = try await UnixConnection.connect(to: address, deadline: arguments.deadline)
    if arguments.isVerbose { Program.note("\(address) connected") }
    return connection
  }

  /// Connects to whichever address of a host answers first, and tells how that went if `--verbose`.
  static func connect(
    to endpoint: Endpoint,
    _ arguments: Arguments
  ) async throws -> TCPConnection {
    let result: Result<TCPConnection, SocketError>
    do {
      result = .success(
        try await TCPConnection.connect(
          to: endpoint,
          from: arguments.source,
          resolver: arguments.resolver,
          deadline: arguments.deadline
        )
      )
    } catch let error as SocketError {
      result = .failure(error)
    }
    let timeline: ConnectTimeline? =
      switch result {
      case .success(let connection): connection.connectTimeline
      case .failure(let error): error.connectTimeline
      }
    if arguments.isVerbose, let timeline { Program.note("\(timeline)") }
    return try result.get()
  }

  /// Listens on all addresses of a host.
  static func listen(at endpoint: Endpoint, _ arguments: Arguments) async throws -> [TCPListener] {
    if let address = endpoint.socketAddress {
      // "::" is both families, unless only one is wanted.
      return [try await .bind(to: address, isDualStack: arguments.family == nil)]
    }
    return try await TCPListener.bind(to: endpoint, resolver: arguments.resolver)
  }

  /// Makes a UDP socket: for whoever sends to it if `--listen`, otherwise for one peer, the first address of a
  /// host to which there is a route.
  static func openUDP(_ endpoint: Endpoint, _ arguments: Arguments) async throws -> UDPSocket {
    let addresses = try await arguments.resolver.resolve(endpoint, deadline: arguments.deadline)
    if arguments.listens {
      return try await .bind(to: addresses[0], isDualStack: arguments.family == nil)
    }
    var failure: (any Error)?
    for address in addresses {
      do {
        let source = arguments.source(for: address)
        let socket = try await UDPSocket.connect(to: address, from: source)
        if arguments.isVerbose { Program.note("\(socket.localAddress) sends to \(address)") }
        return socket
      } catch let error as SocketError {
        failure = error
      }
    }
    throw failure ?? SocketError(.nameNotFound, operation: .resolve, detail: "\(endpoint)")
  }
}

extension Arguments {
  /// When to give up connecting.
  var deadline: ContinuousClock.Instant? { wait.map { .now + $0 } }

  /// Where to connect to an address from: if only the port matters, the wildcard of the same family.
  func source(for address: SocketAddress) -> SocketAddress? {
    guard let source, AddressFamily(source.ip) != AddressFamily(address.ip) else { return source }
    return .anyIPv4(port: source.port)
  }

  /// The system's resolver, for the family that is wanted.
  var resolver: FamilyResolver { FamilyResolver(family: family) }
}

/// IPv4 or IPv6.
enum AddressFamily: String, CustomStringConvertible {
  case ipv4 = "IPv4"
  case ipv6 = "IPv6"

  /// The family of an address.
  init(_ ip: IPAddress) {
    switch ip {
    case .v4: self = .ipv4
    case .v6: self = .ipv6
    }
  }

  var description: String { rawValue }
}

/// The system's resolver, but for one address family only.
struct FamilyResolver: Resolver {
  /// The family that is wanted; `nil` for both.
  let family: AddressFamily?

  func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?
  ) async throws -> [SocketAddress] {
    let addresses = try await SystemResolver().resolve(endpoint, deadline: deadline)
    guard let family else { return addresses }
    let wanted = addresses.filter { AddressFamily($0.ip) == family }
    guard wanted.isEmpty else { return wanted }
    let detail = "\(endpoint): it has no \(family) address"
    throw SocketError(.nameNotFound, operation: .resolve, detail: detail)
  }
}
