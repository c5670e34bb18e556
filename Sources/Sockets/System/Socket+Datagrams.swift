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
  ///   - header: Receives everything else.
  /// - Returns: How many bytes were added, or the negated error number.
  func receiveDatagram(
    into span: inout OutputRawSpan,
    _ header: inout DatagramHeader<SocketAddress>
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
  ///   - header: Receives everything else.
  /// - Returns: How many bytes were received, or the negated error number.
  func receiveDatagram(
    upTo limit: Int,
    _ payload: inout [UInt8],
    _ header: inout DatagramHeader<SocketAddress>
  ) -> Int {
    unsafe withUnsafeTemporaryAllocation(byteCount: limit, alignment: 8) { buffer in
      let result = unsafe receiveDatagram(buffer, &header)
      if result >= 0 { payload = unsafe Array(buffer[..<result]) }
      return result
    }
  }

  private func receiveDatagram(
    _ buffer: UnsafeMutableRawBufferPointer,
    _ header: inout DatagramHeader<SocketAddress>
  ) -> Int {
    let capacity = DatagramMetadata.controlCapacity
    return unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { control in
      var sender = KernelAddress()
      var part = unsafe iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
      let result = unsafe sender.fill { name, nameLength in
        unsafe withUnsafeMutablePointer(to: &part) { part in
          var message = unsafe msghdr()
          unsafe message.msg_name = name
          unsafe message.msg_namelen = nameLength
          unsafe message.msg_iov = part
          unsafe message.msg_iovlen = 1
          unsafe message.msg_control = control.baseAddress
          unsafe message.msg_controllen = control.count
          while true {
            let flags = Int32(MSG_TRUNC)
            let result = unsafe kernel.call.recvmsg(number, &message, flags)
            if result == -Int(EINTR) { continue }
            guard result >= 0 else { return result }
            nameLength = unsafe message.msg_namelen
            let filled = unsafe UnsafeRawBufferPointer(
              rebasing: control[..<min(message.msg_controllen, control.count)]
            )
            header.metadata = unsafe DatagramMetadata(control: filled.bytes)
            return result
          }
        }
      }
      guard result >= 0 else { return result }
      header.sender = sender.socketAddress ?? .anyIPv4(port: 0)
      header.length = result
      header.payloadLength = min(result, buffer.count)
      return header.payloadLength
    }
  }

  /// Sends a datagram.
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
    return unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { control in
      guard let controlLength = unsafe metadata.encode(into: control, isIPv6: isIPv6) else {
        return -Int(EINVAL)
      }
      let name = address.map(KernelAddress.init) ?? KernelAddress()
      return unsafe bytes.withUnsafeBytes { bytes in
        unsafe name.withBytes { name in
          // SAFETY: sendmsg only reads through these pointers.
          var part = unsafe iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
            iov_len: bytes.count
          )
          return unsafe withUnsafeMutablePointer(to: &part) { part in
            var message = unsafe msghdr()
            if address != nil {
              unsafe message.msg_name = UnsafeMutableRawPointer(mutating: name.baseAddress)
              unsafe message.msg_namelen = UInt32(name.count)
            }
            unsafe message.msg_iov = part
            unsafe message.msg_iovlen = 1
            if controlLength > 0 {
              unsafe message.msg_control = control.baseAddress
              unsafe message.msg_controllen = controlLength
            }
            while true {
              let result = unsafe kernel.call.sendmsg(number, message, Int32(MSG_NOSIGNAL))
              if result != -Int(EINTR) { return result }
            }
          }
        }
      }
    }
  }
}
