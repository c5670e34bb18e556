internal import CSockets
internal import Glibc

/// The name of an option of the kernel: its level and its number there, and its C name for
/// messages.
struct OptionName: Sendable {
  let level: Int32
  let number: Int32
  let text: String

  init(level: Int32, number: Int32, text: String? = nil) {
    self.level = level
    self.number = number
    self.text = text ?? "option \(number) of level \(level)"
  }
}

/// socket(7).
extension OptionName {
  private init(socket number: Int32, _ text: String) {
    self.init(level: SOL_SOCKET, number: number, text: text)
  }

  static let sendBuffer = OptionName(socket: SO_SNDBUF, "SO_SNDBUF")
  static let receiveBuffer = OptionName(socket: SO_RCVBUF, "SO_RCVBUF")
  static let acceptsConnections = OptionName(socket: SO_ACCEPTCONN, "SO_ACCEPTCONN")
  static let domain = OptionName(socket: SO_DOMAIN, "SO_DOMAIN")
  static let type = OptionName(socket: SO_TYPE, "SO_TYPE")
  static let transport = OptionName(socket: SO_PROTOCOL, "SO_PROTOCOL")
  static let error = OptionName(socket: SO_ERROR, "SO_ERROR")
  static let linger = OptionName(socket: SO_LINGER, "SO_LINGER")
  static let reuseAddress = OptionName(socket: SO_REUSEADDR, "SO_REUSEADDR")
  static let reusePort = OptionName(socket: SO_REUSEPORT, "SO_REUSEPORT")
  static let boundDevice = OptionName(socket: SO_BINDTODEVICE, "SO_BINDTODEVICE")
  static let mark = OptionName(socket: SO_MARK, "SO_MARK")
  static let priority = OptionName(socket: SO_PRIORITY, "SO_PRIORITY")
  static let busyPoll = OptionName(socket: SO_BUSY_POLL, "SO_BUSY_POLL")
  static let incomingCPU = OptionName(socket: SO_INCOMING_CPU, "SO_INCOMING_CPU")
  static let timestamps = OptionName(socket: SO_TIMESTAMPNS, "SO_TIMESTAMPNS")
  static let timestamping = OptionName(socket: SO_TIMESTAMPING, "SO_TIMESTAMPING")
  static let urgentInline = OptionName(socket: SO_OOBINLINE, "SO_OOBINLINE")
  static let broadcast = OptionName(socket: SO_BROADCAST, "SO_BROADCAST")
  static let keepAlive = OptionName(socket: SO_KEEPALIVE, "SO_KEEPALIVE")
  /// From `asm/socket.h`.
  static let memory = OptionName(socket: 55, "SO_MEMINFO")
  static let zeroCopy = OptionName(socket: SO_ZEROCOPY, "SO_ZEROCOPY")
  static let passCredentials = OptionName(socket: SO_PASSCRED, "SO_PASSCRED")
}

/// ip(7), ipv6(7).
extension OptionName {
  private init(v4 number: Int32, _ text: String) {
    self.init(level: Int32(IPPROTO_IP), number: number, text: text)
  }

  private init(v6 number: Int32, _ text: String) {
    self.init(level: Int32(IPPROTO_IPV6), number: number, text: text)
  }

  static let typeOfService = OptionName(v4: IP_TOS, "IP_TOS")
  static let trafficClass = OptionName(v6: IPV6_TCLASS, "IPV6_TCLASS")
  static let timeToLive = OptionName(v4: IP_TTL, "IP_TTL")
  static let hopLimit = OptionName(v6: IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS")
  static let pathMTU = OptionName(v4: IP_MTU, "IP_MTU")
  static let pathMTU6 = OptionName(v6: IPV6_MTU, "IPV6_MTU")
  static let v6Only = OptionName(v6: IPV6_V6ONLY, "IPV6_V6ONLY")
  static let multicastTimeToLive = OptionName(v4: IP_MULTICAST_TTL, "IP_MULTICAST_TTL")
  static let multicastHopLimit = OptionName(v6: IPV6_MULTICAST_HOPS, "IPV6_MULTICAST_HOPS")
  static let multicastLoopback = OptionName(v4: IP_MULTICAST_LOOP, "IP_MULTICAST_LOOP")
  static let multicastLoopback6 = OptionName(v6: IPV6_MULTICAST_LOOP, "IPV6_MULTICAST_LOOP")
  static let multicastInterface = OptionName(v4: IP_MULTICAST_IF, "IP_MULTICAST_IF")
  static let multicastInterface6 = OptionName(v6: IPV6_MULTICAST_IF, "IPV6_MULTICAST_IF")
}

/// udp(7).
extension OptionName {
  static let receiveOffload = OptionName(
    level: Int32(IPPROTO_UDP),
    number: UDP_GRO,
    text: "UDP_GRO"
  )
}

/// tcp(7).
extension OptionName {
  private init(tcp number: Int32, _ text: String) {
    self.init(level: Int32(IPPROTO_TCP), number: number, text: text)
  }

  static let noDelay = OptionName(tcp: TCP_NODELAY, "TCP_NODELAY")
  static let keepIdle = OptionName(tcp: TCP_KEEPIDLE, "TCP_KEEPIDLE")
  static let keepInterval = OptionName(tcp: TCP_KEEPINTVL, "TCP_KEEPINTVL")
  static let keepCount = OptionName(tcp: TCP_KEEPCNT, "TCP_KEEPCNT")
  static let userTimeout = OptionName(tcp: TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT")
  static let notSentLowWatermark = OptionName(tcp: TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT")
  static let congestionControl = OptionName(tcp: TCP_CONGESTION, "TCP_CONGESTION")
  static let fastOpen = OptionName(tcp: TCP_FASTOPEN, "TCP_FASTOPEN")
  static let fastOpenConnect = OptionName(tcp: TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT")
  static let quickAck = OptionName(tcp: TCP_QUICKACK, "TCP_QUICKACK")
  static let deferAccept = OptionName(tcp: TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT")
  static let maximumSegment = OptionName(tcp: TCP_MAXSEG, "TCP_MAXSEG")
  static let info = OptionName(tcp: TCP_INFO, "TCP_INFO")
  /// From `linux/tcp.h`; the C library's header lacks it.
  static let isMultipath = OptionName(tcp: 43, "TCP_IS_MPTCP")
}
