internal import Sockets

/// The ways between hosts: which links there are, and until when each is busy.
struct Fabric {
  /// From one host to another.
  struct Route: Hashable {
    let from: IPAddress
    let to: IPAddress

    var reversed: Route { Route(from: to, to: from) }
  }

  /// The link of every route that has none of its own.
  var common = Link()

  /// The links of their own.
  var links: [Route: Link] = [:]

  /// Until when what was sent keeps a link busy.
  private var busy: [Route: Int64] = [:]

  /// Hosts that have crashed.
  var down: Set<IPAddress> = []

  /// Where a socket speaks from that was bound to no address.
  var defaultIPv4 = IPAddress.v4(.loopback)
  var defaultIPv6 = IPAddress.v6(.loopback)

  subscript(route: Route) -> Link { links[route] ?? common }

  /// Whether nothing passes.
  func isCut(_ route: Route) -> Bool {
    self[route].isPartitioned || down.contains(route.from) || down.contains(route.to)
  }

  /// Sends a packet on its way.
  ///
  /// - Parameters:
  ///   - count: Its length.
  ///   - route: Its way.
  ///   - now: The time.
  ///   - generator: Chance.
  /// - Returns: When it arrives; `nil` if it vanishes because the link is cut.
  mutating func send(
    _ count: Int,
    over route: Route,
    at now: Int64,
    _ generator: inout SplitMix64
  ) -> Int64? {
    if isCut(route) { return nil }
    let link = self[route]
    var time = now
    if let bandwidth = link.bandwidth, bandwidth > 0 {
      let duration = Double(count) * 1e9 / Double(bandwidth)
      time = max(now, busy[route] ?? 0) + Int64(duration.rounded(.up))
      busy[route] = time
    }
    time += link.latency.nanoseconds
    let jitter = link.jitter.nanoseconds
    if jitter > 0 { time += Int64.random(in: 0...jitter, using: &generator) }
    return time
  }

  /// Where a socket speaks from when it speaks to a host.
  func source(towards host: IPAddress) -> IPAddress {
    let common = host.isIPv6 ? defaultIPv6 : defaultIPv4
    guard common.isLoopback, host.isLoopback else { return common }
    return host
  }
}

extension IPAddress {
  /// Whether it is an IPv6 address.
  var isIPv6: Bool {
    if case .v6 = self { return true }
    return false
  }

  /// The address of all hosts of a family.
  static func unspecified(isIPv6: Bool) -> IPAddress {
    isIPv6 ? .v6(.any) : .v4(.any)
  }
}

extension Duration {
  /// In nanoseconds, at least 0 and at most 292 years.
  var nanoseconds: Int64 { max(0, Int64(clamping: attoseconds / 1_000_000_000)) }
}
