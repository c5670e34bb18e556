/// What names one end of a socket, whatever its transport: kept in place, without allocation.
///
/// Sockets and datagrams show it as the type that their transport has.
enum SocketName: Hashable, Sendable {
  case ip(SocketAddress)
  case unix(UnixAddress)
  /// That of a pipe in memory, which has none.
  case memory

  /// The name in a `struct sockaddr`, or `nil` if it is of another family.
  init?(_ name: KernelAddress) {
    if let address = name.socketAddress {
      self = .ip(address)
    } else if let address = name.unixAddress {
      self = .unix(address)
    } else {
      return nil
    }
  }

  /// The name as an error carries it.
  var address: (any TransportAddress)? {
    switch self {
    case .ip(let address): address
    case .unix(let address): address
    case .memory: nil
    }
  }

  /// What stands for a name of the same kind that the kernel does not tell.
  var anonymous: SocketName {
    switch self {
    case .ip: .ip(.anyIPv4(port: 0))
    case .unix: .unix(.unnamed)
    case .memory: .memory
    }
  }

  /// The name of one end of a TCP connection or UDP socket.
  var socketAddress: SocketAddress {
    if case .ip(let address) = self { address } else { .anyIPv4(port: 0) }
  }

  /// The name of one end of a Unix-domain socket.
  var unixAddress: UnixAddress {
    if case .unix(let address) = self { address } else { .unnamed }
  }
}
