internal import CSockets
internal import Glibc

/// The options that the library sets by itself.
extension Socket {
  /// A switch among the socket options.
  struct Switch {
    let level: Int32
    let name: Int32

    static let reuseAddress = Switch(level: SOL_SOCKET, name: SO_REUSEADDR)
    static let reusePort = Switch(level: SOL_SOCKET, name: SO_REUSEPORT)
    static let v6Only = Switch(level: Int32(IPPROTO_IPV6), name: IPV6_V6ONLY)
    static let noDelay = Switch(level: Int32(IPPROTO_TCP), name: TCP_NODELAY)
    static let cork = Switch(level: Int32(IPPROTO_TCP), name: TCP_CORK)
    /// Leaves the choice of the port to `connect`, which knows the other end and so need not keep a
    /// port free of all others (ip(7)).
    static let bindAddressNoPort = Switch(level: Int32(IPPROTO_IP), name: IP_BIND_ADDRESS_NO_PORT)
  }

  /// Turns an option on or off.
  ///
  /// C: `setsockopt(2)`.
  func set(_ option: Switch, to isOn: Bool) throws(Errno) {
    try setOption(option.level, option.name, to: isOn ? 1 : 0)
  }

  /// How many unsent bytes may wait in the kernel before a TCP write suspends (tcp(7)).
  static let notSentLowWatermark: Int32 = 16_384

  /// Sets what every TCP socket of the library has.
  func setStreamDefaults() throws(Errno) {
    try set(.noDelay, to: true)
    try setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, to: Self.notSentLowWatermark)
  }

  /// Lets as many unsent bytes wait in the kernel as there is room for, unless the program has chosen a
  /// limit of its own.
  ///
  /// - Returns: Whether it was the library's limit.
  func liftLowWatermark() -> Bool {
    guard (try? option(.notSentLowWatermark)) == Self.notSentLowWatermark else { return false }
    return (try? setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, to: 0)) != nil
  }

  /// Sets the limit again that `liftLowWatermark` has lifted.
  func restoreLowWatermark() {
    try? setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, to: Self.notSentLowWatermark)
  }
}

extension SocketAddress {
  /// The address family.
  ///
  /// C: `AF_INET` or `AF_INET6`.
  var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

  /// Whether it is an IPv6 address.
  var isIPv6: Bool { ip.isIPv6 }

  /// Whether a socket that is bound to this address takes part in IPv6 only: not at a wildcard, if it is to be for both
  /// families, nor at an IPv4-mapped address, which the kernel then would refuse.
  func isIPv6Only(_ isDualStack: Bool) -> Bool {
    unmapped.isIPv6 && !(isDualStack && ip.isUnspecified)
  }
}

extension IPAddress {
  /// Whether it is an IPv6 address.
  var isIPv6: Bool {
    if case .v6 = self { return true }
    return false
  }
}
