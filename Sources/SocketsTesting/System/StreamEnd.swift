internal import Glibc
internal import Sockets

/// One end of a connection, which may outlive its descriptor: what it was given to send still goes out.
///
/// What goes over a network (TCP) is sent in segments that take their time; within the machine (Unix-domain sockets)
/// everything lies at the peer at once. The order in which data, ends and errors are reported is Linux's.
final class StreamEnd {
  enum Phase { case requesting, established, over }

  unowned let kernel: SimulatedKernel

  /// The number by which the kernel knows it.
  private(set) var number: UInt64 = 0

  /// The way to the peer; `nil` within the machine.
  let route: Fabric.Route?

  /// Whether messages keep their boundaries.
  let isPacket: Bool

  /// Its names, in that order: this end and the other.
  let local: EndName
  let remote: EndName

  /// Who reads and writes; `nil` once its descriptor is closed.
  weak var socket: StreamSocket?

  /// The other end; `nil` once both directions have ended.
  var peer: StreamEnd?

  var phase = Phase.established

  /// What has arrived and was not read.
  var incoming = ByteQueue()

  /// The lengths of the messages in it.
  var messages: [Int] = []

  /// What is still to be sent, and how much of what was sent has not arrived.
  var unsent = ByteQueue()
  var flying = 0

  /// When what was sent last arrives: nothing overtakes it.
  var lastArrival: Int64 = 0

  /// Whether this end was ended by `shutdown` or `close`, and whether the peer has been told so.
  var isFinished = false
  var hasSentEnd = false

  /// Whether the peer's end has arrived, and whether its descriptor is closed (within the machine only).
  var hasPeerFinished = false
  var isPeerGone = false

  /// Whether nothing is to be read any more, by this end's own choice.
  var isDeaf = false

  /// The error that the next call reports, 0 for none.
  var error: Int32 = 0

  /// Whether the last write found no space: then an edge tells when there is some.
  var lacksSpace = false

  var sendCapacity: Int
  var receiveCapacity: Int

  /// Whether nobody has accepted it.
  var isQueued = false

  /// Gives up, or tries again, when what is to be sent gets nowhere for too long.
  var patience: EventQueue.Event?

  /// Finds that the peer does not answer any more, and why: its host cannot be reached, or does not know of it.
  var probe: EventQueue.Event?
  var suspicion: Suspicion?

  enum Suspicion { case isCut, isOver }

  init(
    _ kernel: SimulatedKernel,
    _ socket: StreamSocket?,
    route: Fabric.Route?,
    isPacket: Bool = false,
    local: EndName,
    remote: EndName,
    capacities: (send: Int, receive: Int)
  ) {
    (self.kernel, self.socket, self.route, self.isPacket) = (kernel, socket, route, isPacket)
    (self.local, self.remote) = (local, remote)
    (sendCapacity, receiveCapacity) = capacities
    number = kernel.register(self)
  }

  /// Connects two ends.
  func link(to other: StreamEnd) { (peer, other.peer) = (other, self) }

  /// Whether nothing goes either way any more.
  var isOver: Bool { phase == .over }

  /// How much of what this end may have under way is taken.
  private var used: Int { route == nil ? peer?.incoming.count ?? 0 : unsent.count + flying }

  var space: Int { sendCapacity - used }

  /// How many bytes have not arrived at the peer.
  var undelivered: Int { unsent.count + flying }

  var readiness: EventBits {
    guard phase != .requesting else { return [] }
    var bits = EventBits()
    let hasReadEnd = hasPeerFinished || isDeaf || isOver || isPeerGone
    let hasWriteEnd = isFinished || isOver || isPeerGone
    if hasReadEnd && hasWriteEnd { bits.insert(.hangUp) }
    if hasReadEnd { bits.formUnion([.input, .readEnd]) }
    if !incoming.isEmpty || !messages.isEmpty { bits.insert(.input) }
    if hasWriteEnd || isWritable { bits.insert(.output) } else { lacksSpace = true }
    if error != 0 { bits.insert(.error) }
    return bits
  }

  /// Whether there is as much space as makes an edge: a third, and a quarter within the machine.
  var isWritable: Bool { route == nil ? 4 * used <= sendCapacity : 3 * used <= 2 * sendCapacity }

  /// Takes the error that waits to be reported.
  func takeError() -> Int32 {
    defer { error = 0 }
    return error
  }

  // Reading

  /// Reads bytes, or a message.
  ///
  /// - Returns: How many bytes, of a message its true length; or the negated error number.
  func receive(_ buffer: UnsafeMutableRawBufferPointer, peeks: Bool, upTo limit: Int) -> Int {
    // Linux tells of the error behind the bytes of a stream, and before messages.
    if isPacket, error != 0 { return -Int(takeError()) }
    if isPacket ? !messages.isEmpty : !incoming.isEmpty {
      let length = isPacket ? messages[0] : incoming.count
      let count = min(length, buffer.count, isPacket ? .max : limit)
      unsafe buffer.copyBytes(from: incoming.prefix(count))
      if !peeks {
        incoming.removeFirst(isPacket ? length : count)
        if isPacket { messages.removeFirst() }
        peer?.hasRoom()
      }
      return isPacket ? length : count
    }
    if phase == .requesting { return -Int(EAGAIN) }
    if hasPeerFinished, route != nil { return 0 }
    if error != 0 { return -Int(takeError()) }
    if hasPeerFinished || isDeaf || isOver || isPeerGone { return 0 }
    return -Int(EAGAIN)
  }

  /// Takes note that the peer has read something.
  private func hasRoom() {
    if route != nil { return transmit() }
    if isWritable { socket?.notify(.output) }
  }

  // Writing

  /// Takes bytes to send, as many as there is space for; or a message, whole.
  ///
  /// - Returns: How many bytes, or the negated error number.
  func send(_ bytes: UnsafeRawBufferPointer, upTo limit: Int) -> Int {
    if phase == .requesting { return -Int(EAGAIN) }
    let hasEnded = isFinished || isOver || isPeerGone || (route == nil && peer?.isDeaf != false)
    if hasEnded || (error != 0 && route != nil) {
      let error = route == nil ? 0 : takeError()
      return -Int(error == 0 ? EPIPE : error)
    }
    if isPacket {
      guard bytes.count <= sendCapacity else { return -Int(EMSGSIZE) }
      guard bytes.count <= space || used == 0 else { return wouldBlock() }
    } else if unsafe bytes.isEmpty {
      return 0
    }
    if space <= 0 { return wouldBlock() }
    // A short write waits for an edge as one that finds no space at all.
    if bytes.count > space { lacksSpace = true }
    let count = isPacket ? bytes.count : min(bytes.count, space, limit)
    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
    if route == nil, let peer {
      unsafe peer.incoming.append(part)
      if isPacket { peer.messages.append(count) }
      peer.socket?.notify(.input)
    } else {
      unsafe unsent.append(part)
      transmit()
    }
    return count
  }

  private func wouldBlock() -> Int {
    lacksSpace = true
    return -Int(EAGAIN)
  }

  // Ends

  /// Ends the outgoing direction.
  func finish() {
    guard !isFinished else { return }
    isFinished = true
    if route == nil {
      peer?.hasPeerFinished = true
      peer?.socket?.notify([.input, .readEnd, .hangUp])
    } else {
      transmit()
    }
    socket?.notify([.output, .hangUp])
  }

  /// Reads no more.
  func stopReading() {
    isDeaf = true
    socket?.notify([.input, .readEnd, .hangUp])
    if route == nil { peer?.socket?.notify([.output, .hangUp]) }
  }

  /// Takes note that its descriptor was closed.
  ///
  /// - Parameter resets: Whether the connection is to be aborted (`SO_LINGER` of zero).
  func close(resets: Bool) {
    socket = nil
    let hasUnread = !incoming.isEmpty || !messages.isEmpty
    guard route != nil else { return closeWithinMachine(hasUnread) }
    guard phase == .established, let peer else { return abandon() }
    if resets || hasUnread {
      sendReset(to: peer)
      abandon()
    } else {
      finish()
    }
  }

  /// The same, of a Unix-domain socket: the peer learns at once, and of what was not read as a reset.
  func closeWithinMachine(_ hasUnread: Bool) {
    phase = .over
    kernel.forget(self)
    guard let peer else { return }
    peer.isPeerGone = true
    peer.hasPeerFinished = true
    if hasUnread { peer.error = ECONNRESET }
    peer.peer = nil
    self.peer = nil
    peer.socket?.notify(.all)
  }

  /// Ends it here and now, without a word to the peer.
  func abandon() {
    phase = .over
    unsent.removeAll()
    patience?.cancel()
    probe?.cancel()
    peer = nil
    kernel.forget(self)
  }

  /// Breaks it with an error.
  func fail(_ number: Int32) {
    guard !isOver else { return }
    abandon()
    error = number
    socket?.notify(.all)
  }

  /// Breaks it as a reset by the peer does.
  func reset() { fail(ECONNRESET) }

  /// Breaks it as the end of its host does.
  func crash() { fail(ECONNABORTED) }
}
