/// In which order the addresses of a name are tried.
public enum AddressOrder: Sendable, Hashable {
  /// As the resolver gives them: the system's sorts by RFC 6724 and `/etc/gai.conf`.
  case system

  /// As the resolver gives them, but neighbours of one family and one kind (loopback, link-local,
  /// private, all others) in random order.
  ///
  /// Spreads clients over the addresses of a service, without giving up what the system's order
  /// prefers: IPv6 or IPv4, near or far.
  case shuffled

  /// The addresses in this order.
  func sorted(
    _ addresses: [SocketAddress],
    using random: inout some RandomNumberGenerator
  ) -> [SocketAddress] {
    guard self == .shuffled else { return addresses }
    var result: [SocketAddress] = []
    var rest = addresses[...]
    while let first = rest.first {
      let kind = Kind(first.ip)
      let neighbours = rest.prefix { Kind($0.ip) == kind }
      result += neighbours.shuffled(using: &random)
      rest = rest.dropFirst(neighbours.count)
    }
    return result
  }

  private struct Kind: Equatable {
    let isIPv6, isLoopback, isLinkLocal, isPrivate: Bool

    init(_ ip: IPAddress) {
      isIPv6 = ip.unmapped.isIPv6
      isLoopback = ip.isLoopback
      isLinkLocal = ip.isLinkLocal
      isPrivate = ip.isPrivate
    }
  }
}
