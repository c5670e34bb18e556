internal import CSockets
internal import Glibc

/// The messages of one `recvmmsg` or `sendmmsg`: addresses, control messages and payloads, on memory that
/// is allocated once.
@safe
struct MessageVector: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: the memory behind the pointers has one owner, this value.

  /// How many messages it has room for.
  let capacity: Int

  /// How many bytes it has for all payloads together.
  let payloadCapacity: Int

  private let headers: UnsafeMutableBufferPointer<csockets_mmsghdr>
  private let parts: UnsafeMutableBufferPointer<iovec>
  private let names: UnsafeMutableBufferPointer<KernelAddress>
  private let control: UnsafeMutableRawBufferPointer
  private let payload: UnsafeMutableRawBufferPointer

  /// How many headers at the front the kernel has written to since they were prepared, and the length of
  /// the slots for which they were prepared.
  private var used: Int
  private var slotLength = 0

  init(capacity: Int, payloadCapacity: Int) {
    self.capacity = capacity
    self.payloadCapacity = payloadCapacity
    used = capacity
    unsafe headers = .allocate(capacity: capacity)
    unsafe headers.initialize(repeating: csockets_mmsghdr())
    unsafe parts = .allocate(capacity: capacity)
    unsafe parts.initialize(repeating: iovec())
    unsafe names = .allocate(capacity: capacity)
    unsafe names.initialize(repeating: KernelAddress())
    let controlCapacity = capacity * DatagramMetadata.controlCapacity
    unsafe control = .allocate(byteCount: controlCapacity, alignment: 8)
    unsafe control.initializeMemory(as: UInt8.self, repeating: 0)
    unsafe payload = .allocate(byteCount: payloadCapacity, alignment: 64)
    unsafe payload.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe headers.deallocate()
    unsafe parts.deallocate()
    unsafe names.deallocate()
    unsafe control.deallocate()
    unsafe payload.deallocate()
  }

  // Receiving

  /// Receives messages, each into a slot of its own.
  ///
  /// C: `recvmmsg(2)` with `MSG_TRUNC`, so that a length is that of the datagram, not of the slot.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - limit: How many messages at most, `1...capacity`.
  ///   - slotLength: How many bytes each slot has; all of them fit into the payload memory.
  /// - Returns: How many messages, or the negated error number.
  mutating func receive(from socket: Socket, upTo limit: Int, slotLength: Int) -> Int {
    if slotLength != self.slotLength {
      self.slotLength = slotLength
      used = capacity
    }
    for index in 0..<min(used, limit) { prepareSlot(index) }
    if used <= limit { used = 0 }
    let messages = unsafe UnsafeMutableBufferPointer(rebasing: headers[..<limit])
    let result = repeatingOnInterrupt {
      unsafe socket.kernel.call.recvmmsg(socket.number, messages, Int32(MSG_TRUNC))
    }
    used = max(used, result)
    return result
  }

  private func prepareSlot(_ index: Int) {
    point(index, to: index * slotLength..<(index + 1) * slotLength)
    unsafe headers[index].header.msg_namelen = UInt32(MemoryLayout<sockaddr_storage>.size)
    setControlLength(index, DatagramMetadata.controlCapacity)
    unsafe headers[index].header.msg_flags = 0
  }

  /// Points a header to its message's address and payload.
  private func point(_ index: Int, to range: Range<Int>) {
    unsafe parts[index] = iovec(
      iov_base: payload.baseAddress?.advanced(by: range.lowerBound),
      iov_len: range.count
    )
    unsafe headers[index].header.msg_iov = parts.baseAddress?.advanced(by: index)
    unsafe headers[index].header.msg_iovlen = 1
    unsafe headers[index].header.msg_name = UnsafeMutableRawPointer(
      names.baseAddress?.advanced(by: index)
    )
  }

  /// Points a header to its message's control messages.
  private func setControlLength(_ index: Int, _ length: Int) {
    let start = unsafe control.baseAddress?.advanced(by: index * DatagramMetadata.controlCapacity)
    unsafe headers[index].header.msg_control = length == 0 ? nil : start
    unsafe headers[index].header.msg_controllen = length
  }

  /// A received message's true length, which may exceed its slot's.
  func length(at index: Int) -> Int { unsafe Int(headers[index].length) }

  /// A received message's sender.
  func sender(at index: Int) -> SocketAddress? {
    var name = unsafe names[index]
    unsafe name.wasFilled(length: headers[index].header.msg_namelen)
    return name.socketAddress
  }

  /// What came with a received message.
  func metadata(at index: Int) -> DatagramMetadata {
    let start = index * DatagramMetadata.controlCapacity
    let length = unsafe headers[index].header.msg_controllen
    let end = start + min(length, DatagramMetadata.controlCapacity)
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: control[start..<end])
    return unsafe DatagramMetadata(control: bytes.bytes)
  }

  /// Lends a piece of the payload memory.
  func withPayload<Result: ~Copyable, Failure: Error>(
    _ range: Range<Int>,
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(rebasing: payload[range]).bytes)
  }

  /// A copy of a piece of the payload memory.
  func payload(_ range: Range<Int>) -> [UInt8] { unsafe Array(payload[range]) }

  // Sending

  /// Copies a payload into the payload memory.
  ///
  /// - Parameters:
  ///   - bytes: The payload.
  ///   - offset: Where to; the payload fits in there.
  mutating func store(_ bytes: RawSpan, at offset: Int) {
    unsafe bytes.withUnsafeBytes { source in
      let target = unsafe UnsafeMutableRawBufferPointer(
        rebasing: payload[offset..<offset + source.count]
      )
      unsafe target.copyMemory(from: source)
    }
  }

  /// Makes a message to be sent.
  ///
  /// - Parameters:
  ///   - index: The message.
  ///   - address: Its destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it.
  ///   - isIPv6: Whether it goes to an IPv6 address that is not IPv4-mapped.
  ///   - range: Its payload's place.
  /// - Returns: Whether the metadata can go with it.
  mutating func setMessage(
    _ index: Int,
    to address: SocketAddress?,
    _ metadata: DatagramMetadata,
    isIPv6: Bool,
    _ range: Range<Int>
  ) -> Bool {
    point(index, to: range)
    if let address {
      unsafe names[index] = KernelAddress(address)
      unsafe headers[index].header.msg_namelen = names[index].length
    } else {
      unsafe headers[index].header.msg_name = nil
      unsafe headers[index].header.msg_namelen = 0
    }
    return setMetadata(index, metadata, isIPv6: isIPv6)
  }

  /// Gives a message another payload.
  mutating func setPayload(_ index: Int, _ range: Range<Int>) {
    unsafe parts[index] = iovec(
      iov_base: payload.baseAddress?.advanced(by: range.lowerBound),
      iov_len: range.count
    )
  }

  /// Gives a message other metadata.
  ///
  /// - Returns: Whether they can go with it.
  mutating func setMetadata(_ index: Int, _ metadata: DatagramMetadata, isIPv6: Bool) -> Bool {
    let start = index * DatagramMetadata.controlCapacity
    let buffer = unsafe UnsafeMutableRawBufferPointer(
      rebasing: control[start..<start + DatagramMetadata.controlCapacity]
    )
    guard let length = unsafe metadata.encode(into: buffer, isIPv6: isIPv6) else { return false }
    setControlLength(index, length)
    return true
  }

  /// Sends messages.
  ///
  /// C: `sendmmsg(2)` with `MSG_NOSIGNAL`.
  ///
  /// - Parameters:
  ///   - range: The messages, at least one.
  ///   - socket: The socket.
  /// - Returns: How many of them the kernel took, at least one, or the negated error number.
  mutating func send(_ range: Range<Int>, on socket: Socket) -> Int {
    let messages = unsafe UnsafeMutableBufferPointer(rebasing: headers[range])
    return repeatingOnInterrupt {
      unsafe socket.kernel.call.sendmmsg(socket.number, messages, Int32(MSG_NOSIGNAL))
    }
  }
}
