internal import CSockets
internal import Glibc
internal import Sockets

/// `msghdr` and what it points to.
extension SimulatedKernel {
  /// C: `recvmsg(2)`.
  func receive(_ socket: SimulatedSocket, _ message: inout msghdr, _ flags: Int32) -> Int {
    let (peek, outOfBand) = (Int32(MSG_PEEK), Int32(MSG_OOB))
    if flags & Int32(MSG_ERRQUEUE) != 0 { return -Int(EAGAIN) }
    if flags & outOfBand != 0 { return -Int(EINVAL) }
    var received = ReceivedMessage()
    var result = 0
    let parts = unsafe UnsafeBufferPointer(start: message.msg_iov, count: Int(message.msg_iovlen))
    if parts.count == 1 {
      let buffer = unsafe UnsafeMutableRawBufferPointer(
        start: parts[0].iov_base,
        count: parts[0].iov_len
      )
      result = unsafe socket.receive(buffer, peeks: flags & peek != 0, &received)
      if result > 0, flags & Int32(MSG_TRUNC) == 0 { result = min(result, buffer.count) }
    } else {
      let capacity = unsafe parts.reduce(0) { unsafe $0 + $1.iov_len }
      var copy = [UInt8](repeating: 0, count: capacity)
      result = unsafe copy.withUnsafeMutableBytes {
        unsafe socket.receive($0, peeks: flags & peek != 0, &received)
      }
      var rest = copy[..<max(0, min(result, capacity))]
      for index in parts.indices {
        let part = unsafe parts[index]
        let count = unsafe min(part.iov_len, rest.count)
        unsafe UnsafeMutableRawBufferPointer(start: part.iov_base, count: part.iov_len)
          .copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      if result > 0, flags & Int32(MSG_TRUNC) == 0 { result = min(result, capacity) }
    }
    guard result >= 0 else { return result }
    unsafe message.msg_flags = received.isTruncated ? Int32(MSG_TRUNC) : 0
    unsafe write(received.sender, to: &message)
    unsafe writeControl(received, of: socket, to: &message)
    return result
  }

  private func write(_ sender: KernelAddress?, to message: inout msghdr) {
    guard let name = unsafe message.msg_name else { return }
    let capacity = unsafe Int(message.msg_namelen)
    unsafe message.msg_namelen = sender?.length ?? 0
    unsafe sender?.withBytes { bytes in
      let count = min(capacity, bytes.count)
      unsafe UnsafeMutableRawBufferPointer(start: name, count: capacity)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
  }

  /// Writes what the socket is to be told about a message, as far as there is room.
  private func writeControl(
    _ received: ReceivedMessage,
    of socket: SimulatedSocket,
    to message: inout msghdr
  ) {
    let room = unsafe UnsafeMutableRawBufferPointer(
      start: message.msg_control,
      count: message.msg_control == nil ? 0 : Int(message.msg_controllen)
    )
    var encoder = unsafe ControlEncoder(room)
    if received.isMarked {
      encoder.append(
        SOL_SOCKET,
        SO_TIMESTAMP,
        timeval(tv_sec: Int(now / 1_000_000_000), tv_usec: 0)
      )
    }
    if let (destination, metadata) = received.arrival {
      append(destination, metadata, of: socket, to: &encoder)
    }
    unsafe message.msg_controllen = encoder.count
    if encoder.hasOverflowed { unsafe message.msg_flags |= Int32(MSG_CTRUNC) }
  }

  private func append(
    _ destination: IPAddress,
    _ metadata: SentMetadata,
    of socket: SimulatedSocket,
    to encoder: inout ControlEncoder
  ) {
    let (ip, ipv6) = (Int32(IPPROTO_IP), Int32(IPPROTO_IPV6))
    if socket.tellsDestination {
      switch destination {
      case .v4(let address) where !socket.isIPv6:
        let raw = in_addr(s_addr: address.rawValue.bigEndian)
        encoder.append(ip, IP_PKTINFO, in_pktinfo(ipi_ifindex: 1, ipi_spec_dst: raw, ipi_addr: raw))
      case .v4(let address):
        encoder.append(ipv6, IPV6_PKTINFO, PacketInfo(0xFFFF_0000_0000 | UInt128(address.rawValue)))
      case .v6(let address): encoder.append(ipv6, IPV6_PKTINFO, PacketInfo(address.rawValue))
      }
    }
    let isMapped = !destination.isIPv6
    if socket.tellsTrafficClass, let trafficClass = metadata.trafficClass {
      let (level, type) = isMapped ? (ip, IP_TOS) : (ipv6, IPV6_TCLASS)
      encoder.append(level, type, trafficClass)
    }
    if socket.tellsHopLimit, let hopLimit = metadata.hopLimit {
      let (level, type) = isMapped ? (ip, IP_TTL) : (ipv6, IPV6_HOPLIMIT)
      encoder.append(level, type, hopLimit)
    }
  }

  /// C: `sendmsg(2)`.
  func send(_ socket: SimulatedSocket, _ message: borrowing msghdr) -> Int {
    var name: EndName?
    if let bytes = unsafe message.msg_name {
      guard
        let address = unsafe EndName(
          KernelAddress(
            copying: UnsafeRawBufferPointer(start: bytes, count: Int(message.msg_namelen))
          )
        )
      else { return -Int(EINVAL) }
      name = address
    }
    var metadata = SentMetadata()
    if let control = unsafe message.msg_control {
      let bytes = unsafe UnsafeRawBufferPointer(start: control, count: Int(message.msg_controllen))
      guard let found = unsafe SentMetadata(bytes.bytes) else { return -Int(EOPNOTSUPP) }
      metadata = found
    }
    let parts = unsafe UnsafeBufferPointer(start: message.msg_iov, count: Int(message.msg_iovlen))
    if parts.count == 1 {
      return unsafe socket.send(
        UnsafeRawBufferPointer(start: parts[0].iov_base, count: parts[0].iov_len),
        to: name,
        metadata
      )
    }
    var bytes: [UInt8] = []
    for index in parts.indices {
      let part = unsafe parts[index]
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: part.iov_base, count: part.iov_len)
      )
    }
    return unsafe bytes.withUnsafeBytes { unsafe socket.send($0, to: name, metadata) }
  }
}

/// The kernel's `struct in6_pktinfo`.
private struct PacketInfo: BitwiseCopyable {
  private var words: (UInt32, UInt32, UInt32, UInt32)
  private var interface: UInt32 = 1

  init(_ address: UInt128) {
    func word(_ shift: UInt128) -> UInt32 { UInt32(truncatingIfNeeded: address >> shift).bigEndian }
    words = (word(96), word(64), word(32), word(0))
  }

  var address: UInt128 {
    let (a, b, c, d) = words
    return [a, b, c, d].reduce(0) { $0 << 32 | UInt128(UInt32(bigEndian: $1)) }
  }
}

extension SentMetadata {
  /// Reads the control messages of a datagram that is sent; `nil` if there is one that cannot be simulated.
  fileprivate init?(_ control: RawSpan) {
    self.init()
    var offset = 0
    while let message = ControlMessage.next(in: control, at: &offset) {
      switch (message.level, message.type) {
      case (Int32(IPPROTO_IP), IP_PKTINFO):
        guard let info = message.load(in_pktinfo.self, from: control) else { return nil }
        let raw = UInt32(bigEndian: info.ipi_spec_dst.s_addr)
        if raw != 0 { source = .v4(IPv4Address(rawValue: raw)) }
      case (Int32(IPPROTO_IPV6), IPV6_PKTINFO):
        guard let info = message.load(PacketInfo.self, from: control) else { return nil }
        if info.address != 0 { source = IPAddress.v6(IPv6Address(rawValue: info.address)).unmapped }
      case (Int32(IPPROTO_IP), IP_TOS), (Int32(IPPROTO_IPV6), IPV6_TCLASS):
        trafficClass = message.integer(from: control)
      case (Int32(IPPROTO_IP), IP_TTL), (Int32(IPPROTO_IPV6), IPV6_HOPLIMIT):
        hopLimit = message.integer(from: control)
      case (Int32(IPPROTO_UDP), UDP_SEGMENT):
        segmentSize = message.load(UInt16.self, from: control).map(Int.init)
      default: return nil
      }
    }
  }
}

extension KernelAddress {
  /// An address that lies somewhere in memory.
  init(copying bytes: UnsafeRawBufferPointer) {
    self.init()
    unsafe fill { storage, length in
      let count = min(bytes.count, Int(length))
      if let start = bytes.baseAddress {
        unsafe storage.copyMemory(from: start, byteCount: count)
      }
      length = UInt32(count)
    }
  }
}
