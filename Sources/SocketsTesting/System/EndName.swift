internal import Sockets

/// The name of one end, as the kernel knows it.
enum EndName: Hashable {
  /// An address and a port, never an IPv4-mapped one.
  case ip(SocketAddress)
  case unix(UnixAddress)

  init?(_ address: KernelAddress) {
    if let ip = address.socketAddress {
      self = .ip(ip.unmapped)
    } else if let unix = address.unixAddress {
      self = .unix(unix)
    } else {
      return nil
    }
  }

  /// The address as a socket reports it: an IPv6 socket has IPv4 peers in the mapped form.
  func kernelAddress(isIPv6: Bool) -> KernelAddress {
    switch self {
    case .ip(let address): KernelAddress(isIPv6 ? address.mapped : address)
    case .unix(let address): KernelAddress(address)
    }
  }
}

extension SocketAddress {
  /// The same in the IPv4-mapped form of IPv6.
  fileprivate var mapped: SocketAddress {
    guard case .v4(let ip) = ip else { return self }
    return SocketAddress(
      .v6(IPv6Address(rawValue: 0xFFFF_0000_0000 | UInt128(ip.rawValue))),
      port: port
    )
  }
}
