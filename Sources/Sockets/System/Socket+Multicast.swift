internal import CSockets
internal import Glibc

/// The options of datagram sockets.
extension Socket.Switch {
  static let broadcast = Socket.Switch(level: SOL_SOCKET, name: SO_BROADCAST)
  /// Lets the kernel hand over several datagrams of one sender in one piece (udp(7)).
  static let receiveOffload = Socket.Switch(level: Int32(IPPROTO_UDP), name: UDP_GRO)

  /// What makes the kernel tell about each datagram where it was sent to, its traffic class and its hop
  /// limit: for sockets of the one family, and for those of the other.
  static let ipv4Metadata = [IP_PKTINFO, IP_RECVTOS, IP_RECVTTL].map {
    Socket.Switch(level: Int32(IPPROTO_IP), name: $0)
  }
  static let ipv6Metadata = [IPV6_RECVPKTINFO, IPV6_RECVTCLASS, IPV6_RECVHOPLIMIT].map {
    Socket.Switch(level: Int32(IPPROTO_IPV6), name: $0)
  }
  /// What an IPv6 socket that takes IPv4 datagrams too is told about those in the IPv4 form.
  static let mappedMetadata = [IP_PKTINFO, IP_RECVTOS, IP_RECVTTL].map {
    Socket.Switch(level: Int32(IPPROTO_IP), name: $0)
  }

  /// Whether the datagrams of every group that *any* socket of the machine has joined are taken.
  static let allGroups = Socket.Switch(level: Int32(IPPROTO_IP), name: IP_MULTICAST_ALL)
  static let allIPv6Groups = Socket.Switch(level: Int32(IPPROTO_IPV6), name: IPV6_MULTICAST_ALL)
}

extension Socket {
  /// The type of a socket whose messages keep their boundaries and may get lost.
  static let datagramType = Int32(SOCK_DGRAM.rawValue)

  /// Sets what every UDP socket of the library has.
  func setDatagramDefaults(isIPv6: Bool) throws(Errno) {
    let told = isIPv6 ? Switch.ipv6Metadata + Switch.mappedMetadata : Switch.ipv4Metadata
    for option in told { try set(option, to: true) }
    try set(.allGroups, to: false)
    if isIPv6 { try set(.allIPv6Groups, to: false) }
  }

  /// Joins or leaves a multicast group.
  ///
  /// C: `setsockopt(2)` with `MCAST_JOIN_GROUP` and the like (RFC 3678), which are the same for both
  /// families.
  ///
  /// - Parameters:
  ///   - joins: Whether to join.
  ///   - group: The group.
  ///   - source: The only sender to hear; `nil` for all.
  ///   - interface: The index of the interface; 0 lets the routing table choose.
  /// - Throws: The error number.
  func setMembership(
    _ joins: Bool,
    of group: IPAddress,
    from source: IPAddress?,
    interface: UInt32
  ) throws(Errno) {
    let groupAddress = SocketAddress(group, port: 0)
    let level = Int32(groupAddress.isIPv6 ? IPPROTO_IPV6 : IPPROTO_IP)
    // struct group_req and group_source_req: the interface, padding, one or two socket addresses.
    let name =
      source == nil
      ? (joins ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP)
      : (joins ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP)
    let addressLength = MemoryLayout<sockaddr_storage>.size
    var request = [UInt8](repeating: 0, count: 8 + (source == nil ? 1 : 2) * addressLength)
    unsafe request.withUnsafeMutableBytes { bytes in
      unsafe bytes.storeBytes(of: interface, as: UInt32.self)
      unsafe KernelAddress(groupAddress).withBytes { name in
        unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[8...]).copyMemory(from: name)
      }
      guard let source else { return }
      unsafe KernelAddress(SocketAddress(source, port: 0)).withBytes { name in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[(8 + addressLength)...])
        unsafe rest.copyMemory(from: name)
      }
    }
    _ = try retryingOnInterrupt {
      unsafe request.withUnsafeBytes { bytes in
        unsafe kernel.call.setOption(number, level, name, bytes)
      }
    }
  }

  /// Chooses the interface on which IPv4 datagrams to groups leave; 0 lets the routing table choose.
  ///
  /// C: `setsockopt(2)` with `IP_MULTICAST_IF`.
  func setMulticastInterface(_ index: Int32) throws(Errno) {
    // struct ip_mreqn: two addresses, which the index makes superfluous, and the index.
    let request: [3 of Int32] = [0, 0, index]
    _ = try retryingOnInterrupt {
      unsafe withUnsafeBytes(of: request) { bytes in
        unsafe kernel.call.setOption(number, Int32(IPPROTO_IP), IP_MULTICAST_IF, bytes)
      }
    }
  }
}
