internal import Glibc
internal import Sockets

/// A datagram socket, UDP or Unix.
final class DatagramSocket: SimulatedSocket {
  /// A datagram that has arrived.
  private struct Arrived {
    let bytes: [UInt8]
    let sender: EndName
    let destination: IPAddress?
    let metadata: SentMetadata
  }

  private var queue: [Arrived] = []
  private var queued = 0

  /// The only one that it speaks with, if it is connected (UDP).
  private var peer: EndName?

  /// The same within the machine: the very socket, whatever becomes of its name, until a send finds it closed.
  private var partner: DatagramSocket?
  private var isClosed = false

  /// Connected senders that found the queue full (Unix).
  private var waiting: [DatagramSocket] = []

  private var error: Int32 = 0
  private var isDeaf = false
  private var isMute = false

  /// How many datagrams a Unix-domain socket queues (`net.unix.max_dgram_qlen`); Linux lets in one more.
  private static let unixLimit = 10

  /// What each takes of its sender's buffer besides its bytes: about as much as in Linux.
  private static let overhead = 512

  /// The longest datagram of UDP.
  private static let longest = 65_507

  override var readiness: EventBits {
    var bits = EventBits()
    if !queue.isEmpty || isDeaf { bits.insert(.input) }
    if isDeaf { bits.insert(.readEnd) }
    if isDeaf && isMute { bits.insert(.hangUp) }
    if error != 0 { bits.formUnion([.error, .input]) }
    if partner?.hasRoom(for: self) != false { bits.insert(.output) }
    return bits
  }

  override var peerName: EndName? { peer ?? partner?.localName }
  override var receiveQueue: Int { queue.first?.bytes.count ?? 0 }

  override func takeError() -> Int32 {
    defer { error = 0 }
    return error
  }

  override func end() {
    super.end()
    isClosed = true
    for sender in waiting { sender.notify(.output) }
    waiting.removeAll()
    partner = nil
    queue.removeAll()
  }

  /// Connects the two ends of a pair.
  func join(_ other: DatagramSocket) { (partner, other.partner) = (other, self) }

  override func connect(to name: EndName) -> Int {
    switch name {
    case .ip(let address) where !isUnix:
      var target = address
      if target.ip.isUnspecified {
        target.ip = target.ip.isIPv6 ? .v6(.loopback) : .v4(.loopback)
      }
      guard let source = source(towards: target.ip) else { return -Int(EADDRNOTAVAIL) }
      boundAddress = source
      peer = .ip(target)
    case .unix(let address) where isUnix:
      switch find(address) {
      case .success(let found):
        if !found.accepts(self) { return -Int(EPERM) }
        partner = found
      case .failure(let failure): return -Int(failure.number)
      }
    default: return -Int(EAFNOSUPPORT)
    }
    return 0
  }

  override func shutdown(reading: Bool, writing: Bool) -> Int {
    guard peerName != nil else { return -Int(ENOTCONN) }
    isDeaf = isDeaf || reading
    isMute = isMute || writing
    notify(.all)
    return 0
  }

  // Receiving

  override func receive(
    _ buffer: UnsafeMutableRawBufferPointer,
    peeks: Bool,
    _ message: inout ReceivedMessage
  ) -> Int {
    if error != 0 { return -Int(takeError()) }
    guard let first = queue.first else { return isDeaf ? 0 : -Int(EAGAIN) }
    if isPostponed(.input) { return -Int(EAGAIN) }
    let count = min(first.bytes.count, buffer.count)
    unsafe buffer.copyBytes(from: first.bytes[..<count])
    message.sender = first.sender.kernelAddress(isIPv6: isIPv6)
    message.isTruncated = count < first.bytes.count
    message.arrival = first.destination.map { (to: $0, metadata: first.metadata) }
    message.isMarked = marksMessages
    if !peeks {
      queue.removeFirst()
      queued -= first.bytes.count
      let senders = waiting
      waiting.removeAll()
      for sender in senders { sender.notify(.output) }
    }
    return first.bytes.count
  }

  // Sending

  override func send(
    _ bytes: UnsafeRawBufferPointer,
    to name: EndName?,
    _ metadata: SentMetadata
  ) -> Int {
    if isMute { return -Int(EPIPE) }
    if error != 0 { return -Int(takeError()) }
    let payload = unsafe Array(bytes)
    if isUnix { return sendWithinMachine(payload, to: name) }
    guard case .ip(var target)? = name ?? peer else { return -Int(EDESTADDRREQ) }
    if target.ip.isUnspecified { target.ip = target.ip.isIPv6 ? .v6(.loopback) : .v4(.loopback) }
    guard target.ip.isIPv6 ? isIPv6 : !(isIPv6 && isIPv6Only) else { return -Int(ENETUNREACH) }
    guard !target.ip.isMulticast, target.ip != .v4(.broadcast) else { return -Int(EOPNOTSUPP) }
    if boundAddress == nil, bind(to: localName) < 0 { return -Int(EAGAIN) }
    guard var source = source(towards: target.ip) else { return -Int(EAGAIN) }
    if let chosen = metadata.source { source.ip = chosen }
    var sent = metadata
    sent.trafficClass = metadata.trafficClass ?? trafficClass
    sent.hopLimit = metadata.hopLimit ?? hopLimit
    let size = metadata.segmentSize ?? payload.count
    guard size <= Self.longest, payload.count <= max(Self.longest, size) else {
      return -Int(EMSGSIZE)
    }
    var start = 0
    repeat {
      let end = min(payload.count, start + max(1, size))
      launch(Array(payload[start..<end]), from: source, to: target, sent)
      start = end
    } while start < payload.count
    return payload.count
  }

  /// Sends one datagram on its way.
  private func launch(
    _ bytes: [UInt8],
    from source: SocketAddress,
    to target: SocketAddress,
    _ metadata: SentMetadata
  ) {
    let route = Fabric.Route(from: source.ip, to: target.ip)
    let link = kernel.fabric[route]
    let copies = kernel.generator.happens(link.duplication) ? 2 : 1
    for _ in 0..<copies {
      guard
        var time = kernel.fabric.send(bytes.count, over: route, at: kernel.now, &kernel.generator),
        !kernel.generator.happens(link.loss)
      else { continue }
      if kernel.generator.happens(link.reordering) {
        time += Int64.random(in: 1...10_000_000, using: &kernel.generator)
      }
      let arrives = { [self] in
        if kernel.fabric.down.contains(target.ip) { return }
        guard let receiver = kernel.receiver(at: target, from: source) else {
          return kernel.refuse(self, route)
        }
        receiver.append(
          Arrived(bytes: bytes, sender: .ip(source), destination: target.ip, metadata: metadata)
        )
      }
      if time <= kernel.now { arrives() } else { kernel.at(time, arrives) }
    }
  }

  /// Learns that nobody is at the port that it is connected to: as by an ICMP message.
  fileprivate func noteRefusal() {
    guard peer != nil else { return }
    error = ECONNREFUSED
    notify([.input, .output, .error])
  }

  private func append(_ datagram: Arrived) {
    // What there is no room for is lost; one fits always.
    guard isUnix || queued == 0 || queued + datagram.bytes.count <= receiveBuffer else { return }
    queue.append(datagram)
    queued += datagram.bytes.count
    notify(.input)
  }

  /// Whether it takes datagrams of a sender: of its peer only, if it has one.
  fileprivate func takes(from source: SocketAddress) -> Bool { peer == nil || peer == .ip(source) }

  // Within the machine

  private struct Failure: Error { let number: Int32 }

  /// Whether there is room for what a sender sends: in its own buffer, if the two speak with one another only; and
  /// else in the queue.
  private func hasRoom(for sender: DatagramSocket, _ count: Int = 0) -> Bool {
    if partner !== sender { return queue.count <= Self.unixLimit || isClosed }
    let used = queued + Self.overhead * queue.count
    return used == 0 || used + count + Self.overhead <= sender.sendBuffer
  }

  private func accepts(_ sender: DatagramSocket) -> Bool { partner == nil || partner === sender }

  private func find(_ address: UnixAddress) -> Result<DatagramSocket, Failure> {
    guard let found = kernel.names.socket(at: address) else {
      let isMissing = address.pathBytes.map { kernel.names.file(at: $0) == nil } ?? false
      return .failure(Failure(number: isMissing ? ENOENT : ECONNREFUSED))
    }
    guard let socket = found as? DatagramSocket else {
      return .failure(Failure(number: EPROTOTYPE))
    }
    return .success(socket)
  }

  private func sendWithinMachine(_ bytes: [UInt8], to name: EndName?) -> Int {
    guard bytes.count <= sendBuffer else { return -Int(EMSGSIZE) }
    let receiver: DatagramSocket
    if case .unix(let address)? = name {
      switch find(address) {
      case .success(let found): receiver = found
      case .failure(let failure): return -Int(failure.number)
      }
      if !receiver.accepts(self) { return -Int(EPERM) }
    } else if let partner {
      receiver = partner
      if partner.isClosed {
        self.partner = nil
        return -Int(ECONNREFUSED)
      }
    } else {
      return -Int(ENOTCONN)
    }
    if receiver.isDeaf { return -Int(EPIPE) }
    if !receiver.hasRoom(for: self, bytes.count) {
      if name == nil { receiver.waiting.append(self) }
      return -Int(EAGAIN)
    }
    receiver.append(
      Arrived(bytes: bytes, sender: localName, destination: nil, metadata: SentMetadata())
    )
    return bytes.count
  }
}

extension SimulatedKernel {
  /// Who takes a datagram: a socket connected to its sender, or else one bound to just that address, or else one bound
  /// to a wildcard.
  ///
  /// Of several it is the last that was bound; or one by chance, the same for each sender, if they share the port.
  fileprivate func receiver(at target: SocketAddress, from source: SocketAddress) -> DatagramSocket?
  {
    let found = names.sockets(at: target.port, isStream: false).compactMap { $0 as? DatagramSocket }
      .filter { $0.takes(target.ip) && $0.takes(from: source) }
    let connected = found.filter { $0.peerName != nil }
    let exact = found.filter { $0.boundAddress?.ip == target.ip }
    let candidates = [connected, exact].first { !$0.isEmpty } ?? found
    guard candidates.count > 1, candidates.allSatisfy(\.reusesPort) else { return candidates.last }
    var flow = SplitMix64(seed: source.hashBits &+ 31 &* target.hashBits)
    return candidates.randomElement(using: &flow)
  }

  /// Tells a sender that nobody is at a port, if it is to know.
  fileprivate func refuse(_ sender: DatagramSocket, _ route: Fabric.Route) {
    guard let arrival = fabric.send(0, over: route.reversed, at: now, &generator) else { return }
    if arrival <= now { sender.noteRefusal() } else { at(arrival) { sender.noteRefusal() } }
  }
}

extension SocketAddress {
  /// Bits in which addresses differ, the same in each process.
  fileprivate var hashBits: UInt64 {
    switch ip {
    case .v4(let ip): UInt64(ip.rawValue) << 16 | UInt64(port)
    case .v6(let ip):
      UInt64(truncatingIfNeeded: ip.rawValue ^ ip.rawValue >> 64) &* 65_537 &+ UInt64(port)
    }
  }
}
