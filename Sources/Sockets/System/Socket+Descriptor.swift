internal import CSockets
internal import Glibc

/// What a socket is and what its descriptor is set to.
extension Socket {
  /// The protocol number of multipath TCP, which `SO_PROTOCOL` reports as well.
  static let multipathTCP = Int32(IPPROTO_MPTCP)

  /// The protocol number of UDP.
  static let udp = Int32(IPPROTO_UDP)

  /// What `SO_DOMAIN`, `SO_TYPE` and `SO_PROTOCOL` say.
  struct Kind: Equatable, CustomStringConvertible {
    var family: Int32
    var type: Int32
    var transport: Int32

    /// Whether it is an IPv4 or IPv6 socket.
    var isIP: Bool { family == AF_INET || family == AF_INET6 }
    /// Whether it is an IPv6 socket.
    var isIPv6: Bool { family == AF_INET6 }
    /// Whether it is a Unix-domain socket.
    var isUnix: Bool { family == AF_UNIX }
    /// Whether it is a stream socket.
    var isStream: Bool { type == Int32(SOCK_STREAM.rawValue) }
    /// Whether it is a datagram socket.
    var isDatagram: Bool { type == Int32(SOCK_DGRAM.rawValue) }
    /// Whether it is a sequenced-packet socket.
    var isSequencedPacket: Bool { type == Int32(SOCK_SEQPACKET.rawValue) }
    /// Whether it is a TCP socket, multipath or not.
    var isTCP: Bool {
      isIP && isStream && (transport == Int32(IPPROTO_TCP) || transport == Socket.multipathTCP)
    }
    /// Whether it is a UDP socket.
    var isUDP: Bool { isIP && isDatagram && transport == Socket.udp }

    /// For example "IPv4 datagram socket".
    var description: String {
      let family =
        switch family {
        case AF_INET: "IPv4"
        case AF_INET6: "IPv6"
        case AF_UNIX: "AF_UNIX"
        case let other: "address family \(other)"
        }
      let type =
        isStream ? "stream" : isDatagram ? "datagram" : isSequencedPacket ? "seqpacket" : "raw"
      return "\(family) \(type) socket"
    }
  }

  /// What the socket is.
  ///
  /// C: `getsockopt(2)` with `SO_DOMAIN`, `SO_TYPE`, `SO_PROTOCOL`.
  func kind() throws(Errno) -> Kind {
    Kind(
      family: try option(.domain),
      type: try option(.type),
      transport: try option(.transport)
    )
  }

  /// Whether it listens.
  ///
  /// C: `getsockopt(2)` with `SO_ACCEPTCONN`.
  func isListening() throws(Errno) -> Bool { try option(.acceptsConnections) != 0 }

  /// Makes a descriptor close-on-exec and non-blocking, and leaves its other flags as they are.
  ///
  /// C: `fcntl(2)` with `F_GETFD`, `F_SETFD`, `F_GETFL`, `F_SETFL`.
  func setDescriptorFlags() throws(Errno) {
    try setCloseOnExec()
    try addFlag(O_NONBLOCK, F_GETFL, F_SETFL)
  }

  /// Makes a descriptor close-on-exec.
  ///
  /// C: `fcntl(2)` with `F_GETFD`, `F_SETFD`.
  func setCloseOnExec() throws(Errno) { try addFlag(FD_CLOEXEC, F_GETFD, F_SETFD) }

  private func addFlag(_ flag: Int32, _ get: Int32, _ set: Int32) throws(Errno) {
    let flags = Int32(try retryingOnInterrupt { kernel.call.control(number, get, 0) })
    guard flags & flag == 0 else { return }
    _ = try retryingOnInterrupt { kernel.call.control(number, set, flags | flag) }
  }

  /// Whether the next byte to read is the urgent one.
  ///
  /// C: `sockatmark(3)`.
  func isAtMark() throws(Errno) -> Bool {
    try retryingOnInterrupt { kernel.call.atMark(number) } != 0
  }

  /// Sends one byte as urgent data.
  ///
  /// C: `send(2)` with `MSG_OOB`.
  ///
  /// - Returns: 1, or the negated error number.
  func sendUrgent(_ byte: UInt8) -> Int {
    unsafe withUnsafeBytes(of: byte) { bytes in
      repeatingOnInterrupt {
        unsafe kernel.call.send(number, bytes, Int32(MSG_OOB | MSG_NOSIGNAL))
      }
    }
  }
}

/// Options by name.
extension Socket {
  /// An option whose value is an integer.
  ///
  /// C: `getsockopt(2)`.
  func option(_ name: OptionName) throws(Errno) -> Int32 { try option(name.level, name.number) }

  /// An option as bytes, as many as the kernel has.
  ///
  /// C: `getsockopt(2)`.
  ///
  /// - Parameters:
  ///   - name: The option.
  ///   - capacity: The most to take, at least 1.
  /// - Returns: The bytes.
  /// - Throws: The error number.
  func optionBytes(_ name: OptionName, capacity: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: capacity)
    var length = UInt32(clamping: capacity)
    _ = try retryingOnInterrupt {
      unsafe bytes.withUnsafeMutableBytes { buffer in
        guard let start = buffer.baseAddress else { return 0 }
        return unsafe kernel.call.getOption(number, name.level, name.number, start, &length)
      }
    }
    bytes.removeLast(max(0, capacity - Int(length)))
    return bytes
  }

  /// Sets an option to bytes.
  ///
  /// C: `setsockopt(2)`.
  func setOption(_ name: OptionName, toBytes bytes: [UInt8]) throws(Errno) {
    _ = try retryingOnInterrupt {
      unsafe bytes.withUnsafeBytes { buffer in
        unsafe kernel.call.setOption(number, name.level, name.number, buffer)
      }
    }
  }
}

extension FixedWidthInteger {
  /// The integer, in the machine's byte order, at an offset; 0 if the bytes end before it does.
  init(in bytes: [UInt8], at offset: Int) {
    guard offset >= 0, offset + MemoryLayout<Self>.size <= bytes.count else {
      self = 0
      return
    }
    self = unsafe bytes.withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: offset, as: Self.self)
    }
  }
}
