internal import CSockets
internal import Glibc
internal import Sockets

/// What sockets of all types have in common.
class SimulatedSocket: SimulatedFile {
  let family: Int32
  let type: Int32
  let transport: Int32

  /// The host that it belongs to, if the program has said which.
  let host: IPAddress?

  /// Its address and port, once it has them.
  var boundAddress: SocketAddress?

  /// Its Unix-domain name, once it has one.
  var unixName: UnixAddress?

  /// Options that were set, as they were set.
  var options: [Option: [UInt8]] = [:]

  /// The name of an option.
  struct Option: Hashable {
    let level: Int32
    let number: Int32
  }

  init(
    _ kernel: SimulatedKernel,
    _ kind: (family: Int32, type: Int32, transport: Int32),
    host: IPAddress?
  ) {
    (family, type, transport) = kind
    self.host = host
    super.init(kernel)
  }

  var kind: (family: Int32, type: Int32, transport: Int32) { (family, type, transport) }
  var isUnix: Bool { family == AF_UNIX }
  var isIPv6: Bool { family == AF_INET6 }
  var isStream: Bool { type != Int32(SOCK_DGRAM.rawValue) }
  var isPacket: Bool { type == Int32(SOCK_SEQPACKET.rawValue) }
  var isListening: Bool { false }

  /// Its own name, and that of its peer.
  var localName: EndName {
    if isUnix { return .unix(unixName ?? .unnamed) }
    return .ip(boundAddress ?? SocketAddress(.unspecified(isIPv6: isIPv6), port: 0))
  }
  var peerName: EndName? { nil }

  /// Takes the error that waits to be reported.
  func takeError() -> Int32 { 0 }

  // What the types do, each in its way.

  func connect(to name: EndName) -> Int { -Int(EOPNOTSUPP) }
  func listen(backlog: Int32) -> Int { -Int(EOPNOTSUPP) }
  func accept(_ name: inout KernelAddress) -> Int { -Int(EOPNOTSUPP) }
  func shutdown(reading: Bool, writing: Bool) -> Int { -Int(EOPNOTSUPP) }

  /// Receives bytes.
  ///
  /// - Returns: How many, of a message its true length; or the negated error number.
  func receive(
    _ buffer: UnsafeMutableRawBufferPointer,
    peeks: Bool,
    _ message: inout ReceivedMessage
  ) -> Int { -Int(ENOTCONN) }

  /// Sends bytes.
  ///
  /// - Returns: How many, or the negated error number.
  func send(_ bytes: UnsafeRawBufferPointer, to name: EndName?, _ metadata: SentMetadata) -> Int {
    -Int(ENOTCONN)
  }

  /// How much waits to be read, and to be sent.
  var receiveQueue: Int { 0 }
  var sendQueue: Int { 0 }

  // Names

  /// C: `bind(2)`.
  func bind(to name: EndName) -> Int {
    switch name {
    case .ip(let address):
      guard !isUnix else { return -Int(EINVAL) }
      guard boundAddress == nil else { return -Int(EINVAL) }
      guard address.ip.isIPv6 == isIPv6 || (isIPv6 && !isIPv6Only) else {
        return -Int(EAFNOSUPPORT)
      }
      guard let bound = kernel.names.bind(self, to: address) else { return -Int(EADDRINUSE) }
      boundAddress = bound
    case .unix(let address):
      guard isUnix, unixName == nil else { return -Int(EINVAL) }
      guard let bound = kernel.names.bind(self, to: address) else { return -Int(EADDRINUSE) }
      unixName = bound
    }
    return 0
  }

  /// Takes an address to speak to a host from, if it has none.
  ///
  /// - Returns: The address; `nil` if no port is left.
  func source(towards target: IPAddress) -> SocketAddress? {
    let ip =
      host.flatMap { $0.isIPv6 == target.isIPv6 ? $0 : nil }
      ?? kernel.fabric.source(towards: target)
    if boundAddress == nil {
      guard let bound = kernel.names.bind(self, to: SocketAddress(ip, port: 0)) else { return nil }
      boundAddress = bound
    }
    guard let bound = boundAddress, bound.ip.isUnspecified else { return boundAddress }
    return SocketAddress(ip, port: bound.port)
  }

  /// Whether two sockets cannot have the same port, when this one wants it at `ip`.
  func overlaps(_ other: SimulatedSocket, at ip: IPAddress) -> Bool {
    guard let own = boundAddress?.ip else { return false }
    if let host, let otherHost = other.host, host != otherHost,
      own.isUnspecified || ip.isUnspecified
    {
      return false
    }
    return takes(ip, ifFrom: own) || other.takes(own, ifFrom: ip)
  }

  /// Whether what is sent to `ip` comes to this socket, by its address; exactly or by way of a wildcard.
  func takes(_ ip: IPAddress) -> Bool {
    guard let own = boundAddress?.ip else { return false }
    return takes(ip, ifFrom: own)
  }

  private func takes(_ ip: IPAddress, ifFrom own: IPAddress) -> Bool {
    if own == ip { return true }
    guard own.isUnspecified else { return false }
    // A wildcard is its host's own.
    if let host, !ip.isUnspecified, host.isIPv6 == ip.isIPv6, host != ip { return false }
    return own.isIPv6 == ip.isIPv6 || (own.isIPv6 && !isIPv6Only)
  }

  override func end() { kernel.names.release(self) }

  /// An event for what a call has left, or pretended not to find: a moment later.
  func notifySoon(_ bits: EventBits) {
    kernel.after(kernel.moment()) { [self] in notify(bits) }
  }

  /// Whether a call is to find that it would block.
  func isPostponed(_ bits: EventBits) -> Bool {
    guard kernel.generator.happens(kernel.calls.postponements) else { return false }
    notifySoon(bits)
    return true
  }

  /// How much a call may move at most; if that is less than it could, an edge tells of the rest.
  func limit(_ count: Int, _ bits: EventBits) -> Int {
    guard count > 1, kernel.generator.happens(kernel.calls.shortTransfers) else { return .max }
    notifySoon(bits)
    return Int.random(in: 1..<count, using: &kernel.generator)
  }
}

/// What came with a message besides its bytes.
struct ReceivedMessage {
  /// Who has sent it.
  var sender: KernelAddress?

  /// Whether it keeps its boundaries, and was longer than the room for it.
  var isTruncated = false

  /// Where it was sent to, and how; `nil` for what is no datagram of IP.
  var arrival: (to: IPAddress, metadata: SentMetadata)?

  /// Whether it has a time mark.
  var isMarked = false
}

/// What goes with a datagram.
struct SentMetadata {
  /// Where it is to be sent from.
  var source: IPAddress?
  var trafficClass: Int32?
  var hopLimit: Int32?
  /// How long each of the datagrams is that the bytes are to be cut into.
  var segmentSize: Int?
}
