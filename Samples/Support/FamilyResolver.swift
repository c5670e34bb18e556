public import Sockets

/// IPv4 or IPv6.
public enum Family: String, Sendable {
  /// Version 4.
  case ipv4 = "IPv4"

  /// Version 6.
  case ipv6 = "IPv6"

  /// The family of an address.
  ///
  /// - Parameter ip: The address.
  public init(_ ip: IPAddress) { if case .v4 = ip { self = .ipv4 } else { self = .ipv6 } }
}

/// The system's resolver, but for one address family only.
public struct FamilyResolver: Resolver {
  private let family: Family?

  /// Creates a resolver.
  ///
  /// - Parameter family: The family that is wanted; `nil` for both.
  public init(_ family: Family?) { self.family = family }

  /// Looks up an endpoint: see `Resolver`.
  public func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?
  ) async throws -> [SocketAddress] {
    let addresses = try await SystemResolver().resolve(endpoint, deadline: deadline)
      .filter { family == nil || Family($0.ip) == family }
    if let family, addresses.isEmpty {
      let detail = "\(endpoint): it has no \(family.rawValue) address"
      throw SocketError(.nameNotFound, operation: .resolve, detail: detail)
    }
    return addresses
  }
}
