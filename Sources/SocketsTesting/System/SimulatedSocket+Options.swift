internal import CSockets
internal import Glibc

/// Options: those that mean something here have their meaning, the others are kept and told again; what would need a
/// kernel is refused.
extension SimulatedSocket {
  private static let tcp = Int32(IPPROTO_TCP)
  private static let ip = Int32(IPPROTO_IP)
  private static let ipv6 = Int32(IPPROTO_IPV6)

  /// Options that can be set without a further meaning here, and what they are at first.
  private static let kept: [Option: Int32] = {
    let socket: [(Int32, Int32)] = [
      (SO_REUSEADDR, 0), (SO_REUSEPORT, 0), (SO_KEEPALIVE, 0), (SO_BROADCAST, 0), (SO_PRIORITY, 0),
      (SO_OOBINLINE, 0), (SO_TIMESTAMP, 0), (SO_RCVLOWAT, 1), (SO_LINGER, 0),
    ]
    let tcp: [(Int32, Int32)] = [
      (TCP_NODELAY, 0), (TCP_CORK, 0), (TCP_KEEPIDLE, 7_200), (TCP_KEEPINTVL, 75), (TCP_KEEPCNT, 9),
      (TCP_USER_TIMEOUT, 0), (TCP_NOTSENT_LOWAT, 0), (TCP_QUICKACK, 1), (TCP_DEFER_ACCEPT, 0),
      (TCP_MAXSEG, 65_483),
    ]
    let ip: [(Int32, Int32)] = [
      (IP_TOS, 0), (IP_TTL, 64), (IP_PKTINFO, 0), (IP_RECVTOS, 0), (IP_RECVTTL, 0),
      (IP_MULTICAST_ALL, 1), (IP_BIND_ADDRESS_NO_PORT, 0), (IP_MTU_DISCOVER, 1),
    ]
    let ipv6: [(Int32, Int32)] = [
      (IPV6_V6ONLY, 0), (IPV6_TCLASS, 0), (IPV6_UNICAST_HOPS, 64), (IPV6_RECVPKTINFO, 0),
      (IPV6_RECVTCLASS, 0), (IPV6_RECVHOPLIMIT, 0), (IPV6_MULTICAST_ALL, 1),
    ]
    let levels = [
      (SOL_SOCKET, socket), (Int32(IPPROTO_TCP), tcp), (Int32(IPPROTO_IP), ip),
      (Int32(IPPROTO_IPV6), ipv6),
    ]
    var kept: [Option: Int32] = [:]
    for (level, names) in levels {
      for (number, value) in names { kept[Option(level: level, number: number)] = value }
    }
    return kept
  }()

  /// Whether sockets like this one have options of a level.
  private func has(level: Int32) -> Bool {
    switch level {
    case SOL_SOCKET: true
    case Self.tcp: !isUnix && isStream
    case Self.ip: !isUnix
    case Self.ipv6: isIPv6
    default: false
    }
  }

  /// C: `setsockopt(2)`.
  func setOption(_ level: Int32, _ number: Int32, to value: [UInt8]) -> Int {
    let option = Option(level: level, number: number)
    guard has(level: level) else { return -Int(ENOPROTOOPT) }
    switch (level, number) {
    case (SOL_SOCKET, SO_SNDBUF), (SOL_SOCKET, SO_RCVBUF):
      options[option] = value
      (self as? StreamSocket)?.resizeBuffers()
      return 0
    case (SOL_SOCKET, SO_ATTACH_FILTER):
      // The only filter of the library: see `Socket.refuseNewConnections`.
      guard let stream = self as? StreamSocket, isListening, !isUnix else {
        return -Int(EOPNOTSUPP)
      }
      stream.dropRequests()
      return 0
    case (SOL_SOCKET, SO_PASSCRED) where isUnix:
      return int(value) == 0 ? 0 : -Int(EOPNOTSUPP)
    default:
      guard Self.kept[option] != nil else { return -Int(EOPNOTSUPP) }
      guard value.count >= 4 else { return -Int(EINVAL) }
      options[option] = value
      if Self.probing.contains(option) { (self as? StreamSocket)?.connection?.restartProbe() }
      return 0
    }
  }

  /// What says whether and when a silent peer is probed.
  private static let probing: Set<Option> = [
    Option(level: SOL_SOCKET, number: SO_KEEPALIVE), Option(level: tcp, number: TCP_KEEPIDLE),
    Option(level: tcp, number: TCP_KEEPINTVL), Option(level: tcp, number: TCP_KEEPCNT),
  ]

  /// C: `getsockopt(2)`.
  ///
  /// - Returns: The value; `nil` for an option that there is not.
  func option(_ level: Int32, _ number: Int32) -> [UInt8]? {
    switch (level, number) {
    case (SOL_SOCKET, SO_TYPE): return bytes(type)
    case (SOL_SOCKET, SO_DOMAIN): return bytes(family)
    case (SOL_SOCKET, SO_PROTOCOL): return bytes(transport)
    case (SOL_SOCKET, SO_ERROR): return bytes(takeError())
    case (SOL_SOCKET, SO_ACCEPTCONN): return bytes(isListening ? 1 : 0)
    case (SOL_SOCKET, SO_SNDBUF): return bytes(Int32(sendBuffer))
    case (SOL_SOCKET, SO_RCVBUF): return bytes(Int32(receiveBuffer))
    case (SOL_SOCKET, SO_PEERCRED) where isUnix:
      return bytes(getpid()) + bytes(Int32(bitPattern: getuid()))
        + bytes(Int32(bitPattern: getgid()))
    case (Self.tcp, TCP_INFO) where has(level: level): return connectionInfo
    default:
      let option = Option(level: level, number: number)
      guard has(level: level), let first = Self.kept[option] else { return nil }
      if let set = options[option] { return set }
      return number == SO_LINGER && level == SOL_SOCKET ? bytes(0) + bytes(0) : bytes(first)
    }
  }

  /// The beginning of a `struct tcp_info` (`linux/tcp.h`): the state, and what has not been delivered.
  private var connectionInfo: [UInt8] {
    var info = [UInt8](repeating: 0, count: 232)
    let (listens, established, closed): (UInt8, UInt8, UInt8) = (10, 1, 7)
    info[0] = isListening ? listens : peerName == nil ? closed : established
    let undelivered = sendQueue
    for (index, byte) in bytes(Int32(clamping: undelivered > 0 ? 1 : 0)).enumerated() {
      info[24 + index] = byte
    }
    for (index, byte) in bytes(Int32(clamping: undelivered)).enumerated() {
      info[144 + index] = byte
    }
    return info
  }

  private func bytes(_ value: Int32) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
  }

  private func int(_ bytes: [UInt8]) -> Int32 {
    bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int32($1) }
  }

  private func int(_ level: Int32, _ number: Int32) -> Int32? {
    options[Option(level: level, number: number)].map(int)
  }

  var reusesAddress: Bool { int(SOL_SOCKET, SO_REUSEADDR) ?? 0 != 0 }
  var reusesPort: Bool { int(SOL_SOCKET, SO_REUSEPORT) ?? 0 != 0 }
  var isIPv6Only: Bool { int(Self.ipv6, IPV6_V6ONLY) ?? 0 != 0 }
  var marksMessages: Bool { int(SOL_SOCKET, SO_TIMESTAMP) ?? 0 != 0 }
  var tellsDestination: Bool {
    (int(Self.ip, IP_PKTINFO) ?? int(Self.ipv6, IPV6_RECVPKTINFO) ?? 0) != 0
  }
  var tellsTrafficClass: Bool {
    (int(Self.ip, IP_RECVTOS) ?? int(Self.ipv6, IPV6_RECVTCLASS) ?? 0) != 0
  }
  var tellsHopLimit: Bool {
    (int(Self.ip, IP_RECVTTL) ?? int(Self.ipv6, IPV6_RECVHOPLIMIT) ?? 0) != 0
  }

  /// What datagrams carry unless they say otherwise.
  var trafficClass: Int32 { int(Self.ip, IP_TOS) ?? int(Self.ipv6, IPV6_TCLASS) ?? 0 }
  var hopLimit: Int32 { int(Self.ip, IP_TTL) ?? int(Self.ipv6, IPV6_UNICAST_HOPS) ?? 64 }

  /// Whether closing aborts the connection (`SO_LINGER` of zero seconds).
  var lingersForNothing: Bool {
    guard let linger = options[Option(level: SOL_SOCKET, number: SO_LINGER)], linger.count >= 8
    else { return false }
    return int(linger) != 0 && int(Array(linger[4...])) == 0
  }

  /// How long data may get nowhere, in nanoseconds; `nil` for as long as the kernel likes.
  var userTimeout: Int64? {
    int(Self.tcp, TCP_USER_TIMEOUT).flatMap { $0 > 0 ? Int64($0) * 1_000_000 : nil }
  }

  /// After how long a peer that does not answer is given up (`SO_KEEPALIVE`), in nanoseconds: once the connection has
  /// been idle, and once all probes were in vain; `nil` if nobody probes.
  var keepAlive: (idle: Int64, whole: Int64)? {
    guard int(SOL_SOCKET, SO_KEEPALIVE) ?? 0 != 0 else { return nil }
    let second: Int64 = 1_000_000_000
    let idle = second * Int64(int(Self.tcp, TCP_KEEPIDLE) ?? 7_200)
    let pause = second * Int64(int(Self.tcp, TCP_KEEPINTVL) ?? 75)
    return (idle, idle + pause * Int64(int(Self.tcp, TCP_KEEPCNT) ?? 9))
  }

  /// The sizes of its buffers, in bytes: twice of what was asked for, and no less than Linux has.
  var sendBuffer: Int {
    int(SOL_SOCKET, SO_SNDBUF).map { max(4_608, 2 * Int($0)) } ?? kernel.sendBuffer
  }
  var receiveBuffer: Int {
    int(SOL_SOCKET, SO_RCVBUF).map { max(2_304, 2 * Int($0)) } ?? kernel.receiveBuffer
  }
}
