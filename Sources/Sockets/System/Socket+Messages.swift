internal import CSockets
internal import Glibc

/// Bytes together with descriptors, and messages that keep their boundaries.
///
/// Each function makes one system call, again after EINTR, and returns its result or the negated error
/// number.
extension Socket {
  /// Writes bytes, and descriptors with the first of them.
  ///
  /// C: `sendmsg(2)` with `SCM_RIGHTS`.
  ///
  /// - Parameters:
  ///   - bytes: The bytes, at most the mebibyte that other writes have if they are a part of a stream.
  ///   - descriptors: The descriptors' numbers, at most 253.
  ///   - address: The destination of a datagram; an empty one for the peer of a connected socket.
  /// - Returns: How many bytes the kernel took, or the negated error number.
  func send(
    _ bytes: Span<UInt8>,
    passing descriptors: [Int32],
    to address: KernelAddress = KernelAddress()
  ) -> Int {
    unsafe address.withBytes { name in
      unsafe bytes.withUnsafeBytes { unsafe send($0, passing: descriptors, to: name) }
    }
  }

  private func send(
    _ bytes: UnsafeRawBufferPointer,
    passing descriptors: [Int32],
    to name: UnsafeRawBufferPointer
  ) -> Int {
    // SAFETY: sendmsg only reads through these pointers.
    var part = unsafe iovec(
      iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
      iov_len: bytes.count
    )
    let room = descriptors.isEmpty ? 0 : csockets_rights_space(descriptors.count)
    return unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { control in
      unsafe withUnsafeMutablePointer(to: &part) { part in
        var message = unsafe msghdr()
        if unsafe !name.isEmpty {
          unsafe message.msg_name = UnsafeMutableRawPointer(mutating: name.baseAddress)
          unsafe message.msg_namelen = UInt32(name.count)
        }
        unsafe message.msg_iov = part
        unsafe message.msg_iovlen = 1
        if !descriptors.isEmpty {
          unsafe message.msg_control = control.baseAddress
          unsafe message.msg_controllen = control.count
          unsafe csockets_put_rights(&message, descriptors, descriptors.count)
        }
        while true {
          let result = unsafe kernel.call.sendmsg(number, message, Int32(MSG_NOSIGNAL))
          if result != -Int(EINTR) { return result }
        }
      }
    }
  }

  /// Reads at the end of an array, and takes the descriptors that were sent with the bytes.
  ///
  /// C: `recvmsg(2)` with `MSG_CMSG_CLOEXEC`.
  ///
  /// The kernel has room for as many descriptors as there can be, so that each gets an owner here: with
  /// less room it cuts, and with room for one it may put two there.
  ///
  /// - Parameters:
  ///   - array: Receives the bytes.
  ///   - limit: The most bytes to add.
  ///   - isMessage: Whether the socket keeps the boundaries of messages, and marks them.
  ///   - batch: Receives the descriptors.
  ///   - descriptorLimit: The most descriptors to take; with 0 the kernel is offered no room for
  ///     any, and drops them.
  /// - Returns: How many bytes came; of a message, how many it had, though no more than the limit were
  ///   added. And whether it has a mark: otherwise a message of 0 bytes is the end.
  func receive(
    appendingTo array: inout [UInt8],
    upTo limit: Int,
    isMessage: Bool,
    _ batch: inout DescriptorBatch,
    atMost descriptorLimit: Int
  ) -> (result: Int, isMarked: Bool) {
    var outcome = (result: 0, isMarked: false)
    array.append(addingCapacity: limit) { span in
      unsafe span.withUnsafeMutableBufferPointer { bytes, count in
        let free = unsafe UnsafeMutableBufferPointer(rebasing: bytes[count..<count + limit])
        let memory = UnsafeMutableRawBufferPointer(free)
        outcome = unsafe receive(memory, isMessage, &batch, descriptorLimit)
        if outcome.result > 0 { count += min(outcome.result, limit) }
      }
    }
    return outcome
  }

  /// The room for the time mark of a message: a `struct timeval` behind a header.
  private static let markSpace = 32

  private func receive(
    _ bytes: UnsafeMutableRawBufferPointer,
    _ isMessage: Bool,
    _ batch: inout DescriptorBatch,
    _ limit: Int
  ) -> (result: Int, isMarked: Bool) {
    let rights = limit > 0 ? csockets_rights_space(DescriptorBatch.maximumCount) : 0
    let room = Self.markSpace + rights
    let flags = Int32(MSG_CMSG_CLOEXEC | (isMessage ? MSG_TRUNC : 0))
    var part = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
    return unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { control in
      unsafe withUnsafeMutablePointer(to: &part) { part in
        var message = unsafe msghdr()
        var result = -Int(EINTR)
        while result == -Int(EINTR) {
          unsafe message = msghdr()
          unsafe message.msg_iov = part
          unsafe message.msg_iovlen = 1
          unsafe message.msg_control = control.baseAddress
          unsafe message.msg_controllen = control.count
          result = unsafe kernel.call.recvmsg(number, &message, flags)
        }
        guard result >= 0 else { return (result, false) }
        let isCut = unsafe message.msg_flags & Int32(MSG_CTRUNC) != 0
        let isMarked = unsafe message.msg_controllen > 0 || isCut
        let capacity = room / MemoryLayout<Int32>.size
        unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: capacity) { numbers in
          let count = unsafe csockets_take_rights(&message, numbers.baseAddress, capacity)
          let received = unsafe UnsafeBufferPointer(rebasing: numbers[..<count])
          unsafe batch.adopt(received.span, atMost: limit, isCut: isCut)
        }
        return (result, isMarked)
      }
    }
  }

  /// Makes the kernel mark each message with a time, an empty one too, which nothing else tells from
  /// the end of the stream: both are reads of 0 bytes.
  ///
  /// C: `setsockopt(2)` with `SO_TIMESTAMP`.
  func markMessages() throws(Errno) { try setOption(SOL_SOCKET, SO_TIMESTAMP, to: 1) }
}
