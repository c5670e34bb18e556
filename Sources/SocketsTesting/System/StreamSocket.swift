internal import Glibc
internal import Sockets

/// A stream or seqpacket socket: it listens, or is one end of a connection.
final class StreamSocket: SimulatedSocket {
  /// The queue, once it listens.
  private var queue: AcceptQueue?

  /// Its end of the connection, once it has begun to connect.
  private(set) var connection: StreamEnd?

  override var isListening: Bool { queue != nil }

  override var readiness: EventBits {
    if let queue { return queue.ends.isEmpty ? [] : .input }
    // A socket that is neither is reported as hung up.
    return connection?.readiness ?? [.output, .hangUp]
  }

  override var localName: EndName { connection?.local ?? super.localName }
  override var peerName: EndName? {
    guard let connection, connection.phase == .established else { return nil }
    return connection.remote
  }
  override func takeError() -> Int32 { connection?.takeError() ?? 0 }
  override var receiveQueue: Int { connection?.incoming.count ?? 0 }
  override var sendQueue: Int { connection?.undelivered ?? 0 }

  /// Takes an end over: one that was accepted, or one of a pair.
  func adopt(_ end: StreamEnd) {
    connection = end
    end.socket = self
    end.isQueued = false
  }

  override func end() {
    super.end()
    if let queue {
      for end in queue.ends { end.drop() }
      queue.removeAll()
      self.queue = nil
    }
    connection?.close(resets: lingersForNothing)
    connection = nil
  }

  // Bytes

  override func receive(
    _ buffer: UnsafeMutableRawBufferPointer,
    peeks: Bool,
    _ message: inout ReceivedMessage
  ) -> Int {
    guard let connection else { return -Int(ENOTCONN) }
    let isReady = !connection.readiness.isDisjoint(with: [.input, .error])
    if isReady, isPostponed(.input) { return -Int(EAGAIN) }
    let available = min(buffer.count, connection.incoming.count)
    let limit = peeks || isPacket ? Int.max : limit(available, .input)
    let hasMessage = !connection.messages.isEmpty
    let result = unsafe connection.receive(buffer, peeks: peeks, upTo: limit)
    message.isMarked = isPacket && hasMessage && marksMessages
    message.isTruncated = isPacket && result > buffer.count
    return result
  }

  override func send(
    _ bytes: UnsafeRawBufferPointer,
    to name: EndName?,
    _ metadata: SentMetadata
  ) -> Int {
    guard let connection else { return -Int(isUnix ? ENOTCONN : EPIPE) }
    if connection.error == 0, !connection.isOver, isPostponed(.output) { return -Int(EAGAIN) }
    let free = min(bytes.count, connection.space)
    let limit = isPacket ? Int.max : limit(free, .output)
    return unsafe connection.send(bytes, upTo: limit)
  }

  override func shutdown(reading: Bool, writing: Bool) -> Int {
    if let queue {
      guard reading else { return -Int(ENOTCONN) }
      queue.refusesRequests = true
      if !isUnix { end() }
      return 0
    }
    guard let connection, connection.phase == .established else { return -Int(ENOTCONN) }
    if writing { connection.finish() }
    if reading { connection.stopReading() }
    return 0
  }

  // Listening

  override func listen(backlog: Int32) -> Int {
    guard connection == nil else { return -Int(EINVAL) }
    if isUnix, unixName == nil { return -Int(EINVAL) }
    if boundAddress == nil, !isUnix {
      let any = SocketAddress(.unspecified(isIPv6: isIPv6), port: 0)
      guard let bound = kernel.names.bind(self, to: any) else { return -Int(EADDRINUSE) }
      boundAddress = bound
    }
    let limit = Int(backlog < 0 ? 4_096 : min(backlog, 4_096))
    if let queue { queue.limit = limit } else { queue = AcceptQueue(limit: limit) }
    return 0
  }

  /// Drops requests for connections from now on: what the library's filter does.
  func dropRequests() { queue?.dropsRequests = true }

  override func accept(_ name: inout KernelAddress) -> Int {
    guard let queue else { return -Int(EINVAL) }
    let accepted = StreamSocket(kernel, kind, host: host)
    let number = kernel.open(accepted)
    if number < 0 { return number }
    if queue.ends.isEmpty || isPostponed(.input) {
      _ = kernel.close(Int32(number))
      return -Int(EAGAIN)
    }
    let end = queue.removeFirst()
    accepted.options = options
    accepted.adopt(end)
    name = end.remote.kernelAddress(isIPv6: isIPv6)
    return number
  }

  /// Lets a connection into the queue.
  func enqueue(_ end: StreamEnd) {
    queue?.append(end)
    notify(.input)
  }

  // Connecting

  override func connect(to name: EndName) -> Int {
    if queue != nil { return -Int(EINVAL) }
    if let connection { return -Int(connection.phase == .requesting ? EALREADY : EISCONN) }
    switch name {
    case .unix(let address) where isUnix: return connect(to: address)
    case .ip(let address) where !isUnix: return connect(to: address)
    default: return -Int(EAFNOSUPPORT)
    }
  }

  private func connect(to address: UnixAddress) -> Int {
    guard let found = kernel.names.socket(at: address) else {
      let isMissing = address.pathBytes.map { kernel.names.file(at: $0) == nil } ?? false
      return -Int(isMissing ? ENOENT : ECONNREFUSED)
    }
    guard found.type == type, let listener = found as? StreamSocket else { return -Int(EPROTOTYPE) }
    guard let queue = listener.queue, !queue.refusesRequests else { return -Int(ECONNREFUSED) }
    if queue.isFull { return -Int(EAGAIN) }
    let own = makeEnd(self, nil, localName, .unix(address))
    let other = listener.makeEnd(nil, nil, .unix(address), localName)
    own.link(to: other)
    other.isQueued = true
    connection = own
    listener.enqueue(other)
    return 0
  }

  private func connect(to address: SocketAddress) -> Int {
    var target = address
    if target.ip.isUnspecified {
      target.ip = target.ip.isIPv6 ? .v6(.loopback) : .v4(.loopback)
    }
    guard target.ip.isIPv6 ? isIPv6 : !(isIPv6 && isIPv6Only) else { return -Int(ENETUNREACH) }
    guard let source = source(towards: target.ip) else { return -Int(EADDRNOTAVAIL) }
    let route = Fabric.Route(from: source.ip, to: target.ip)
    let end = makeEnd(self, route, .ip(source), .ip(target))
    end.phase = .requesting
    connection = end
    end.request(target)
    return -Int(EINPROGRESS)
  }

  /// Makes an end with this socket's buffers.
  func makeEnd(
    _ socket: StreamSocket?,
    _ route: Fabric.Route?,
    _ local: EndName,
    _ remote: EndName
  ) -> StreamEnd {
    StreamEnd(
      kernel,
      socket,
      route: route,
      isPacket: isPacket,
      local: local,
      remote: remote,
      capacities: (send: sendBuffer, receive: receiveBuffer)
    )
  }

  /// The queue for a request, if it is let in; `nil` if it is dropped.
  var openQueue: AcceptQueue? {
    guard let queue, !queue.isFull, !queue.dropsRequests else { return nil }
    return queue
  }

  /// Takes note that its buffers were given other sizes.
  func resizeBuffers() {
    connection?.sendCapacity = sendBuffer
    connection?.receiveCapacity = receiveBuffer
  }
}
