internal import CSockets
internal import Glibc

/// What accompanies a datagram, in the kernel's form.
///
/// C: `ip(7)`, `ipv6(7)` and `udp(7)`.
extension DatagramMetadata {
  /// Room for every control message that the library asks for, and for some that a program may have
  /// asked for by itself.
  static let controlCapacity = 192

  /// Reads the control messages of a received datagram: those it knows, in whatever order.
  ///
  /// - Parameter control: The messages; safe for any bytes.
  init(control: RawSpan) {
    self.init()
    var offset = 0
    while let message = ControlMessage.next(in: control, at: &offset) {
      switch (message.level, message.type) {
      case (Int32(IPPROTO_IP), IP_PKTINFO):
        guard let info = message.load(in_pktinfo.self, from: control) else { continue }
        let destination = IPv4Address(rawValue: UInt32(bigEndian: info.ipi_addr.s_addr))
        let own = IPv4Address(rawValue: UInt32(bigEndian: info.ipi_spec_dst.s_addr))
        if own != destination, !own.isUnspecified { replyAddress = .v4(own) }
        // An IPv6 socket is told in its own form as well.
        if localAddress == nil { localAddress = .v4(destination) }
        interface = UInt32(bitPattern: info.ipi_ifindex)
      case (Int32(IPPROTO_IPV6), IPV6_PKTINFO):
        guard let info = message.load(PacketInfo6.self, from: control) else { continue }
        localAddress = .v6(info.address)
        interface = info.interface
      case (Int32(IPPROTO_IP), IP_TOS), (Int32(IPPROTO_IPV6), IPV6_TCLASS):
        trafficClass = message.integer(from: control).map(UInt8.init(truncatingIfNeeded:))
      case (Int32(IPPROTO_IP), IP_TTL), (Int32(IPPROTO_IPV6), IPV6_HOPLIMIT):
        hopLimit = message.integer(from: control).map(UInt8.init(truncatingIfNeeded:))
      case (Int32(IPPROTO_UDP), UDP_GRO):
        let size = message.integer(from: control).map(Int.init)
        segmentSize = size.flatMap { (1...65_535).contains($0) ? $0 : nil }
      default: continue
      }
    }
  }

  /// Writes the control messages of a datagram to be sent.
  ///
  /// - Parameters:
  ///   - buffer: Receives them.
  ///   - isIPv6: Whether the datagram goes to an IPv6 address that is not IPv4-mapped.
  /// - Returns: How many bytes they take up; `nil` for a value that the kernel would refuse, or read as
  ///   something else: a source address of the other family, a hop limit of 0, a segment size out of
  ///   range.
  func encode(into buffer: UnsafeMutableRawBufferPointer, isIPv6: Bool) -> Int? {
    var encoder = unsafe ControlEncoder(buffer)
    let source = localAddress?.unmapped
    if source != nil || interface != 0 {
      switch (source, isIPv6) {
      case (.v6(let address)?, true):
        encoder.append(
          Int32(IPPROTO_IPV6),
          IPV6_PKTINFO,
          PacketInfo6(address, interface: interface)
        )
      case (nil, true):
        encoder.append(Int32(IPPROTO_IPV6), IPV6_PKTINFO, PacketInfo6(.any, interface: interface))
      case (.v4(let address)?, false):
        encoder.append(Int32(IPPROTO_IP), IP_PKTINFO, Self.packetInfo(address, interface))
      case (nil, false):
        encoder.append(Int32(IPPROTO_IP), IP_PKTINFO, Self.packetInfo(.any, interface))
      default: return nil
      }
    }
    if let trafficClass {
      let (level, type) =
        isIPv6 ? (Int32(IPPROTO_IPV6), IPV6_TCLASS) : (Int32(IPPROTO_IP), IP_TOS)
      encoder.append(level, type, Int32(trafficClass))
    }
    if let hopLimit {
      if hopLimit == 0 { return nil }
      let (level, type) =
        isIPv6 ? (Int32(IPPROTO_IPV6), IPV6_HOPLIMIT) : (Int32(IPPROTO_IP), IP_TTL)
      encoder.append(level, type, Int32(hopLimit))
    }
    if let segmentSize {
      guard let size = UInt16(exactly: segmentSize), size > 0 else { return nil }
      encoder.append(Int32(IPPROTO_UDP), UDP_SEGMENT, size)
    }
    return encoder.hasOverflowed ? nil : encoder.count
  }

  private static func packetInfo(_ address: IPv4Address, _ interface: UInt32) -> in_pktinfo {
    in_pktinfo(
      ipi_ifindex: Int32(bitPattern: interface),
      ipi_spec_dst: in_addr(s_addr: address.rawValue.bigEndian),
      ipi_addr: in_addr()
    )
  }
}

/// The kernel's `struct in6_pktinfo`: 20 bytes.
///
/// The C library shows its own only to programs that define `_GNU_SOURCE`.
private struct PacketInfo6: BitwiseCopyable {
  private var high = UInt32(0), high2 = UInt32(0), low = UInt32(0), low2 = UInt32(0)
  var interface: UInt32

  init(_ address: IPv6Address, interface: UInt32) {
    high = UInt32(truncatingIfNeeded: address.high >> 32).bigEndian
    high2 = UInt32(truncatingIfNeeded: address.high).bigEndian
    low = UInt32(truncatingIfNeeded: address.low >> 32).bigEndian
    low2 = UInt32(truncatingIfNeeded: address.low).bigEndian
    // A source that is valid on one link only belongs to that link.
    self.interface = interface == 0 && address.isLinkLocal ? address.zone : interface
  }

  var address: IPv6Address {
    let high = UInt64(UInt32(bigEndian: high)) << 32 | UInt64(UInt32(bigEndian: high2))
    let low = UInt64(UInt32(bigEndian: low)) << 32 | UInt64(UInt32(bigEndian: low2))
    let isLinkLocal = IPv6Address(high: high, low: low).isLinkLocal
    return IPv6Address(high: high, low: low, zone: isLinkLocal ? interface : 0)
  }
}
