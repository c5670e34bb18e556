/// Room for many received datagrams: allocated once, filled again and again.
///
/// ```swift
/// var batch = ReceiveBatch()
/// while true {
///   try await socket.receiveBatch(into: &batch)
///   for index in batch.indices {
///     let sender = batch[index].sender
///     batch.withPayload(at: index) { bytes in … }
///   }
/// }
/// ```
///
/// It has one owner and cannot be copied. What it holds stays until the next receive.
public struct ReceiveBatch: ~Copyable, Sendable {
  /// The memory.
  private var messages: MessageVector

  /// The length of one slot, in bytes.
  private let slotLength: Int

  /// Where each datagram lies: its message, and its bytes in the payload memory.
  private var entries: [Entry] = []

  private struct Entry {
    let message: Int
    let start: Int
    let length: Int
    /// How many bytes were received, fewer than `length` if it was truncated.
    let payloadLength: Int
  }

  /// The longest payload there is, and so what one coalesced delivery may bring.
  static let longestDelivery = 65_535

  /// The most datagrams that the kernel coalesces.
  private static let datagramsPerDelivery = 64

  /// Makes room.
  ///
  /// A socket that coalesces uses the room in another way: for as many deliveries of up to 65,535 bytes as
  /// fit, so then one receive may bring more datagrams than `capacity`.
  ///
  /// - Parameters:
  ///   - capacity: How many datagrams at most, 1 to 1,024.
  ///   - maximumLength: The longest payload to take, in bytes, 1 to 65,535; a longer one is truncated.
  public init(capacity: Int = 64, maximumLength: Int = 2_048) {
    precondition((1...1_024).contains(capacity), "a batch has room for 1 to 1,024 datagrams")
    precondition((1...65_535).contains(maximumLength), "a payload has 1 to 65,535 bytes")
    let bytes = max(capacity * maximumLength, Self.longestDelivery)
    messages = MessageVector(capacity: capacity, payloadCapacity: bytes)
    slotLength = maximumLength
    let deliveries = min(capacity, bytes / Self.longestDelivery)
    entries.reserveCapacity(max(capacity, deliveries * Self.datagramsPerDelivery))
  }

  /// How many datagrams it holds.
  public var count: Int { entries.count }

  /// Whether it holds none.
  public var isEmpty: Bool { entries.isEmpty }

  /// The positions of its datagrams, in the order in which they arrived.
  public var indices: Range<Int> { entries.indices }

  /// What is known about a datagram, apart from its payload.
  ///
  /// - Parameter index: The datagram's position.
  public subscript(index: Int) -> DatagramHeader<UDP> {
    let entry = entries[index]
    return DatagramHeader(
      sender: sender(at: index),
      length: entry.length,
      payloadLength: entry.payloadLength,
      metadata: messages.metadata(at: entry.message)
    )
  }

  /// Where a datagram came from.
  ///
  /// Cheaper than the whole header.
  ///
  /// - Parameter index: The datagram's position.
  /// - Returns: The address.
  public func sender(at index: Int) -> SocketAddress {
    messages.sender(at: entries[index].message) ?? .anyIPv4(port: 0)
  }

  /// Lends a datagram's payload, in place.
  ///
  /// - Parameters:
  ///   - index: The datagram's position.
  ///   - body: What to do with the bytes.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  public func withPayload<Result: ~Copyable, Failure: Error>(
    at index: Int,
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let entry = entries[index]
    return try messages.withPayload(entry.start..<entry.start + entry.payloadLength, body)
  }

  /// A copy of a datagram's payload.
  ///
  /// - Parameter index: The datagram's position.
  /// - Returns: The bytes.
  public func payload(at index: Int) -> [UInt8] {
    let entry = entries[index]
    return messages.payload(entry.start..<entry.start + entry.payloadLength)
  }

  /// Forgets what it holds, and keeps the room.
  public mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// How many bytes of payload its datagrams had on the wire.
  var byteCount: Int { entries.reduce(0) { $0 + $1.length } }

  /// Receives what has arrived, and splits it.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - coalesces: Whether one delivery may hold several datagrams.
  /// - Returns: The number of deliveries or the negated error number, and whether there was no room for
  ///   more.
  mutating func receive(from socket: Socket, coalesces: Bool) -> (result: Int, isFull: Bool) {
    let slotLength = coalesces ? Self.longestDelivery : self.slotLength
    let limit = min(messages.capacity, messages.payloadCapacity / slotLength)
    let result = messages.receive(from: socket, upTo: limit, slotLength: slotLength)
    for message in 0..<max(0, result) {
      let start = message * slotLength
      let length = messages.length(at: message)
      let received = min(length, slotLength)
      let size = coalesces ? messages.metadata(at: message).segmentSize : nil
      guard let size, size < received else {
        entries.append(
          Entry(message: message, start: start, length: length, payloadLength: received)
        )
        continue
      }
      for offset in stride(from: 0, to: received, by: size) {
        let part = min(size, received - offset)
        entries.append(
          Entry(message: message, start: start + offset, length: part, payloadLength: part)
        )
      }
    }
    return (result, result == limit)
  }
}
