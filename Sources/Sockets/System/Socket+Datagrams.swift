internal import CSockets
internal import Glibc

extension Collection<UInt8> {
  /// Lends the bytes, in place if they lie in one piece.
  func withRawSpan<Result>(_ body: (RawSpan) -> Result) -> Result {
    let inPlace = withContiguousStorageIfAvailable { bytes in
      unsafe body(UnsafeRawBufferPointer(bytes).bytes)
    }
    return inPlace ?? Array(self).withRawSpan(body)
  }
}

/// Single datagrams.
///
/// Each function makes one system call, again after EINTR, and returns its result or the negated error
/// number.
extension Socket {
  /// Receives a datagram at the end of a span.
  ///
  /// C: `recvmsg(2)` with `MSG_TRUNC`.
  ///
  /// - Parameters:
  ///   - span: Receives the payload, or as much of it as fits.
  ///   - header: Receives everything else; it tells beforehand which kind of name the sender has.
  /// - Returns: How many bytes were added, or the negated error number.
  func receiveDatagram(
    into span: inout OutputRawSpan,
    _ header: inout MessageHeader
  ) -> Int {
    unsafe span.withUnsafeMutableBytes { bytes, count in
      let free = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[count...])
      let result = unsafe receiveDatagram(free, &header)
      if result > 0 { count += result }
      return result
    }
  }

  /// Receives a datagram into an array of its own, as long as the payload.
  ///
  /// C: `recvmsg(2)` with `MSG_TRUNC`.
  ///
  /// - Parameters:
  ///   - limit: The most to take of the payload.
  ///   - payload: Receives the payload, or as much of it as that.
  ///   - header: Receives everything else; it tells beforehand which kind of name the sender has.
  ///   - memory: An empty array with memory for the kernel's call; it grows if it has too little.
  /// - Returns: How many bytes were received, or the negated error number.
  func receiveDatagram(
    upTo limit: Int,
    _ payload: inout [UInt8],
    _ header: inout MessageHeader,
    through memory: inout [UInt8]
  ) -> Int {
    let room = if case .unix = header.name { messageRoom(upTo: limit) } else { min(limit, 65_535) }
    if room < 0 { return room }
    var result = 0
    _ = unsafe memory.append(upTo: room) { memory in
      result = unsafe receiveDatagram(memory, &header)
      // A copy: the array itself would share the storage that is given back.
      if result >= 0 { payload = unsafe Array(UnsafeRawBufferPointer(rebasing: memory[..<result])) }
      return 0  // it stays empty
    }
    return result
  }

  /// Receives a datagram of a Unix-domain socket, and takes the descriptors that were sent with it.
  ///
  /// C: `recvmsg(2)` with `MSG_TRUNC` and `MSG_CMSG_CLOEXEC`.
  ///
  /// - Parameters:
  ///   - limit: The most to take of the payload.
  ///   - payload: Receives the payload, or as much of it as that.
  ///   - header: Receives everything else.
  ///   - batch: Receives the descriptors.
  ///   - descriptorLimit: The most descriptors to take.
  /// - Returns: How many bytes were received, or the negated error number.
  func receiveDatagram(
    upTo limit: Int,
    _ payload: inout [UInt8],
    _ header: inout MessageHeader,
    _ batch: inout DescriptorBatch,
    descriptorLimit: Int
  ) -> Int {
    let room = messageRoom(upTo: limit)
    if room < 0 { return room }
    return unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { buffer in
      let result = unsafe receiveUnixDatagram(buffer, &header, &batch, descriptorLimit)
      if result >= 0 { payload = unsafe Array(buffer[..<result]) }
      return result
    }
  }

  private func receiveDatagram(
    _ buffer: UnsafeMutableRawBufferPointer,
    _ header: inout MessageHeader
  ) -> Int {
    if case .unix = header.name {
      var none = DescriptorBatch(kernel: kernel)
      return unsafe receiveUnixDatagram(buffer, &header, &none, 0)
    }
    var sender = KernelAddress()
    let result = unsafe receiveMessage(
      buffer,
      from: &sender,
      controlCapacity: DatagramMetadata.controlCapacity,
      flags: Int32(MSG_TRUNC)
    ) { message in
      let control = unsafe UnsafeRawBufferPointer(
        start: message.msg_control,
        count: message.msg_controllen
      )
      header.metadata = unsafe DatagramMetadata(control: control.bytes)
    }
    return header.note(sender, length: result, room: buffer.count)
  }

  /// Whatever room there is for control messages, other programs can have descriptors put there: those are
  /// closed unless they are wanted.
  private func receiveUnixDatagram(
    _ buffer: UnsafeMutableRawBufferPointer,
    _ header: inout MessageHeader,
    _ batch: inout DescriptorBatch,
    _ descriptorLimit: Int
  ) -> Int {
    var sender = KernelAddress()
    let result = unsafe receiveMessage(
      buffer,
      from: &sender,
      controlCapacity: PeerCredentials.controlSpace + Self.rightsSpace(descriptorLimit),
      flags: Int32(MSG_TRUNC | MSG_CMSG_CLOEXEC)
    ) { message in
      let control = unsafe UnsafeRawBufferPointer(
        start: message.msg_control,
        count: message.msg_controllen
      )
      header.credentials = unsafe PeerCredentials(control: control.bytes)
      unsafe batch.adopt(from: &message, atMost: descriptorLimit)
    }
    return header.note(sender, length: result, room: buffer.count)
  }

  /// Sends a datagram over IPv4 or IPv6.
  ///
  /// C: `sendmsg(2)` with `MSG_NOSIGNAL`.
  ///
  /// - Parameters:
  ///   - bytes: The payload.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - metadata: What goes with it.
  ///   - isIPv6: Whether it goes to an IPv6 address that is not IPv4-mapped.
  /// - Returns: How many bytes the kernel took, which is all of them, or the negated error number.
  func sendDatagram(
    _ bytes: RawSpan,
    to address: SocketAddress?,
    _ metadata: DatagramMetadata,
    isIPv6: Bool
  ) -> Int {
    let capacity = DatagramMetadata.controlCapacity
    let name = address.map(KernelAddress.init)
    return unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { control in
      guard let length = unsafe metadata.encode(into: control, isIPv6: isIPv6) else {
        return -Int(EINVAL)
      }
      let messages = unsafe UnsafeRawBufferPointer(rebasing: control[..<length])
      return unsafe sendMessage(bytes, to: name, messages)
    }
  }
}

extension MessageHeader {
  /// Takes note of a call's result.
  ///
  /// - Parameters:
  ///   - sender: The address that the kernel gave, none for an unnamed socket.
  ///   - length: The datagram's true length, or the negated error number.
  ///   - room: How many bytes there was room for.
  /// - Returns: How many bytes were received, or the negated error number.
  fileprivate mutating func note(_ sender: KernelAddress, length: Int, room: Int) -> Int {
    guard length >= 0 else { return length }
    name = SocketName(sender) ?? name.anonymous
    self.length = length
    payloadLength = min(length, room)
    return payloadLength
  }
}
