/// How datagrams to multicast groups leave a socket. C: `ip(7)`, `ipv6(7)`.
extension SocketOption where Value == Int, Scope == UDP {
  /// How many routers a datagram to a group may pass, 0 to 255: 0 stays on this machine, 1, as it is at
  /// first, on this network.
  ///
  /// One option for both families, as ``typeOfService``; ``hopLimit`` is for datagrams to one destination.
  ///
  /// C: `IP_MULTICAST_TTL`, `IPV6_MULTICAST_HOPS`.
  public static var multicastHopLimit: SocketOption<Int, Scope> {
    SocketOption(v4: .multicastTimeToLive, v6: .multicastHopLimit, .number(0...255))
  }
}

extension SocketOption where Value == Bool, Scope == UDP {
  /// Whether members of a group on this machine get what this socket sends to it, as they do at first.
  ///
  /// One option for both families, as ``typeOfService``.
  ///
  /// C: `IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP`.
  public static var multicastLoopback: SocketOption<Bool, Scope> {
    SocketOption(v4: .multicastLoopback, v6: .multicastLoopback6, .flag)
  }
}

extension SocketOption where Value == UInt32, Scope == UDP {
  /// The index of the interface on which datagrams to groups leave; 0, as it is at first, lets the routing
  /// table choose.
  ///
  /// ``NetworkInterface/index(ofName:)`` gives it. One option for both families, as ``typeOfService``. An
  /// interface that does not exist throws
  /// ``SocketError/Code-swift.struct/addressNotAvailable``, or
  /// ``SocketError/Code-swift.struct/other`` with `ENODEV`. Of an IPv4 socket the kernel does not tell it:
  /// reading throws ``SocketError/Code-swift.struct/notSupported``.
  ///
  /// C: `IP_MULTICAST_IF`, `IPV6_MULTICAST_IF`.
  public static var multicastInterface: SocketOption<UInt32, Scope> {
    let (v4, v6) = (OptionName.multicastInterface, OptionName.multicastInterface6)
    let coding = OptionCoding<UInt32>.index
    return SocketOption(
      read: { descriptor in
        guard try descriptor.isIPv6(v6) else { throw descriptor.silence(v4) }
        return coding.decode(try descriptor.integer(v6))
      },
      write: { descriptor, value in
        let isIPv6 = try descriptor.isIPv6(v6)
        guard let index = coding.encode(value) else {
          throw descriptor.rejection(isIPv6 ? v6 : v4, coding.range, value)
        }
        if isIPv6 { try descriptor.setInteger(v6, index) }
        guard try descriptor.sendsIPv4(isIPv6: isIPv6) else { return }
        try descriptor.call(v4) { (socket) throws(Errno) in
          try socket.setMulticastInterface(index)
        }
      }
    )
  }
}
