/// Datagrams that leave together: room that is allocated once, filled and sent again and again.
///
/// ```swift
/// var batch = SendBatch()
/// for reply in replies {
///   while !batch.append(reply.bytes, to: reply.address) { try await socket.sendBatch(&batch) }
/// }
/// try await socket.sendBatch(&batch)
/// ```
///
/// Datagrams of equal length to one destination, added one after the other with equal metadata, are given
/// to the kernel in one piece, which it splits as late as it can (`UDP_SEGMENT`): by far the fastest way to
/// send many. Where the network device cannot, they are sent one by one.
///
/// It has one owner and cannot be copied.
public struct SendBatch: ~Copyable, Sendable {
  /// The memory.
  private var messages: MessageVector

  /// The messages that are still to be sent: one datagram each, or several of equal length.
  private var pending = 0..<0

  /// How many datagrams these are.
  public private(set) var count = 0

  /// How many bytes of the payload memory are in use.
  private var used = 0

  /// What each message holds.
  private var entries: [Entry]

  private struct Entry {
    var address: SocketAddress?
    var metadata = DatagramMetadata()
    /// Its place in the payload memory.
    var bytes = 0..<0
    /// The length of its datagrams, of which only the last may be shorter.
    var segment = 0
    /// How many there are.
    var count = 0
    /// Whether it goes to an IPv6 address that is not IPv4-mapped.
    var isIPv6 = false
    var manner = Manner.together
  }

  /// How a message is given to the kernel.
  private enum Manner: Equatable {
    /// As it is.
    case together
    /// Its datagrams one by one: the kernel has refused them together.
    case singly
    /// Not at all, and why: its metadata cannot go to its destination, or it is longer than any datagram.
    case never(Errno)
  }

  /// The longest payload of one message over either family, and the most datagrams in it.
  private static let longestMessage = 65_507
  private static let datagramsPerMessage = 64

  /// A length that no datagram has, and for which there is always room: a longer one is refused as it is sent.
  private static let longest = 65_535

  /// Makes room.
  ///
  /// - Parameters:
  ///   - capacity: How many datagrams, 1 to 1,024; more if many of them go to one destination.
  ///   - maximumLength: The length for which the room is reckoned, in bytes, 1 to 65,535; single datagrams
  ///     may be longer.
  public init(capacity: Int = 64, maximumLength: Int = 2_048) {
    precondition((1...1_024).contains(capacity), "a batch has room for 1 to 1,024 datagrams")
    precondition((1...65_535).contains(maximumLength), "a payload has 1 to 65,535 bytes")
    messages = MessageVector(
      capacity: capacity,
      payloadCapacity: max(capacity * maximumLength, 65_535)
    )
    entries = Array(repeating: Entry(), count: capacity)
  }

  /// Whether nothing is left to be sent.
  public var isEmpty: Bool { count == 0 }

  /// Adds a datagram.
  ///
  /// - Parameters:
  ///   - payload: The payload; it is copied.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it; its segment size must be `nil`, for the batch sees to that by itself.
  /// - Returns: Whether there was room for it. If not, send the batch and add it then. There is for one that is longer
  ///   than any datagram can be: sending the batch then refuses it.
  public mutating func append(
    _ payload: RawSpan,
    to address: SocketAddress? = nil,
    metadata: DatagramMetadata = DatagramMetadata()
  ) -> Bool {
    precondition(metadata.segmentSize == nil, "a batch chooses the segment size by itself")
    if count == 0 { removeAll() }
    let isTooLong = payload.byteCount > Self.longest
    let payload = isTooLong ? RawSpan() : payload
    let length = payload.byteCount
    guard used + length <= messages.payloadCapacity else { return false }
    if !isTooLong, extendLast(length, address, metadata) {
      messages.store(payload, at: used)
    } else {
      guard pending.upperBound < messages.capacity else { return false }
      messages.store(payload, at: used)
      let index = pending.upperBound
      pending = pending.lowerBound..<index + 1
      entries[index] = Entry(
        address: address,
        metadata: metadata,
        bytes: used..<used + length,
        segment: length,
        count: 1,
        manner: isTooLong ? .never(.messageTooLong) : .together
      )
    }
    used += length
    count += 1
    return true
  }

  /// Adds a collection of bytes as a datagram.
  ///
  /// - Parameters:
  ///   - payload: The payload; it is copied.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it; its segment size must be `nil`.
  /// - Returns: Whether there was room for it.
  public mutating func append(
    _ payload: some Collection<UInt8>,
    to address: SocketAddress? = nil,
    metadata: DatagramMetadata = DatagramMetadata()
  ) -> Bool {
    payload.withRawSpan { append($0, to: address, metadata: metadata) }
  }

  /// Forgets what was added and not sent, and keeps the room.
  public mutating func removeAll() {
    pending = 0..<0
    count = 0
    used = 0
  }

  /// Lets the last message grow by a datagram, if that can go with it.
  private mutating func extendLast(
    _ length: Int,
    _ address: SocketAddress?,
    _ metadata: DatagramMetadata
  ) -> Bool {
    guard let index = pending.last else { return false }
    let last = entries[index]
    guard
      last.manner == .together, length > 0, length <= last.segment,
      last.count < Self.datagramsPerMessage,
      last.bytes.count == last.count * last.segment,  // the one before was of full length
      last.bytes.count + length <= Self.longestMessage,
      last.address == address, last.metadata == metadata
    else { return false }
    entries[index].bytes = last.bytes.lowerBound..<last.bytes.upperBound + length
    entries[index].count += 1
    return true
  }
}

extension SendBatch {
  /// Makes the kernel's form of the messages, for a socket.
  ///
  /// - Parameter isIPv6: Whether a destination, `nil` for the peer, is one of IPv6 on the wire.
  mutating func prepare(_ isIPv6: (SocketAddress?) -> Bool) {
    for index in pending {
      entries[index].isIPv6 = isIPv6(entries[index].address)
      let entry = entries[index]
      var metadata = entry.metadata
      if entry.count > 1, entry.manner == .together { metadata.segmentSize = entry.segment }
      let isSet = messages.setMessage(
        index,
        to: entry.address,
        metadata,
        isIPv6: entry.isIPv6,
        entry.manner == .singly ? firstSegment(of: entry) : entry.bytes
      )
      if case .never = entry.manner { continue }
      if !isSet { entries[index].manner = .never(.invalidArgument) }
    }
  }

  private func firstSegment(of entry: Entry) -> Range<Int> {
    entry.bytes.lowerBound..<min(entry.bytes.lowerBound + entry.segment, entry.bytes.upperBound)
  }

  /// Makes one system call and forgets what it has sent.
  ///
  /// - Parameter socket: The socket.
  /// - Returns: How many messages the kernel took, or the negated error number; and how many bytes of
  ///   payload they had.
  mutating func send(on socket: Socket) -> (result: Int, bytes: Int) {
    let first = pending.lowerBound
    switch entries[first].manner {
    case .never(let error): return (-Int(error.rawValue), 0)
    case .singly:
      let bytes = firstSegment(of: entries[first]).count
      let result = messages.send(first..<first + 1, on: socket)
      if result <= 0 { return (result, 0) }
      dropSegment()
      return (result, bytes)
    case .together:
      let end = pending.first { entries[$0].manner != .together } ?? pending.upperBound
      let result = messages.send(first..<end, on: socket)
      var bytes = 0
      for index in first..<first + max(0, result) {
        bytes += entries[index].bytes.count
        dropMessage()
      }
      return (result, bytes)
    }
  }

  /// Forgets the datagrams that the kernel has refused, unless they can be sent in another way.
  ///
  /// - Parameter error: Why.
  /// - Returns: Their destination, and how many they are: 0 if they are to be tried again, one by one.
  mutating func dropFirst(refusedWith error: Errno) -> (SocketAddress?, count: Int) {
    let index = pending.lowerBound
    let entry = entries[index]
    switch (entry.manner, error) {
    case (.singly, _):
      dropSegment()
      return (entry.address, 1)
    case (.together, .invalidArgument), (.together, .inputOutput), (.together, .messageTooLong),
      (.together, .notSupported):
      // The device cannot segment, or its packets are too small for these datagrams.
      guard entry.count > 1 else { fallthrough }
      entries[index].manner = .singly
      _ = messages.setMetadata(index, entry.metadata, isIPv6: entry.isIPv6)
      messages.setPayload(index, firstSegment(of: entry))
      return (entry.address, 0)
    default:
      dropMessage()
      return (entry.address, entry.count)
    }
  }

  private mutating func dropMessage() {
    count -= entries[pending.lowerBound].count
    pending = pending.lowerBound + 1..<pending.upperBound
  }

  private mutating func dropSegment() {
    let index = pending.lowerBound
    let sent = firstSegment(of: entries[index])
    entries[index].bytes = sent.upperBound..<entries[index].bytes.upperBound
    entries[index].count -= 1
    if entries[index].count == 0 {
      pending = index + 1..<pending.upperBound
    } else {
      messages.setPayload(index, firstSegment(of: entries[index]))
    }
    count -= 1
  }
}
