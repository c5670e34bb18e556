internal import CSockets
internal import Glibc

/// Bytes together with descriptors, and messages that keep their boundaries.
///
/// Each function makes one system call, again after EINTR, and returns its result or the negated error
/// number.
extension Socket {
  /// Writes bytes, and descriptors with the first of them; or sends both as a message.
  ///
  /// C: `sendmsg(2)` with `SCM_RIGHTS`.
  ///
  /// - Parameters:
  ///   - bytes: The bytes, at most the mebibyte that other writes have if they are a part of a stream.
  ///   - descriptors: The descriptors' numbers, at most 253.
  ///   - name: The destination of a datagram; `nil` for the peer.
  /// - Returns: How many bytes the kernel took, or the negated error number.
  func send(
    _ bytes: RawSpan,
    passing descriptors: [Int32] = [],
    to name: KernelAddress? = nil
  ) -> Int {
    let room = descriptors.isEmpty ? 0 : csockets_rights_space(descriptors.count)
    return unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { control in
      if !descriptors.isEmpty {
        var message = unsafe msghdr()
        unsafe message.msg_control = control.baseAddress
        unsafe message.msg_controllen = control.count
        unsafe csockets_put_rights(&message, descriptors, descriptors.count)
      }
      return unsafe sendMessage(bytes, to: name, UnsafeRawBufferPointer(control))
    }
  }

  /// Makes one call of `sendmsg(2)`, and again after EINTR.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - name: The destination; `nil` for the peer.
  ///   - control: The control messages; empty for none.
  /// - Returns: How many bytes the kernel took, or the negated error number.
  @inline(__always)
  func sendMessage(
    _ bytes: RawSpan,
    to name: KernelAddress?,
    _ control: UnsafeRawBufferPointer
  ) -> Int {
    let destination = name ?? KernelAddress()
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe destination.withBytes { destination in
        // SAFETY: sendmsg only reads through these pointers.
        var part = unsafe iovec(
          iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
          iov_len: bytes.count
        )
        return unsafe withUnsafeMutablePointer(to: &part) { part in
          var message = unsafe msghdr()
          if unsafe !destination.isEmpty {
            unsafe message.msg_name = UnsafeMutableRawPointer(mutating: destination.baseAddress)
            unsafe message.msg_namelen = UInt32(destination.count)
          }
          unsafe message.msg_iov = part
          unsafe message.msg_iovlen = 1
          if unsafe !control.isEmpty {
            unsafe message.msg_control = UnsafeMutableRawPointer(mutating: control.baseAddress)
            unsafe message.msg_controllen = control.count
          }
          return repeatingOnInterrupt {
            unsafe kernel.call.sendmsg(number, message, Int32(MSG_NOSIGNAL))
          }
        }
      }
    }
  }

  /// Makes one call of `recvmsg(2)`, and again after EINTR.
  ///
  /// - Parameters:
  ///   - bytes: Receives the bytes.
  ///   - sender: Receives the address that they come from.
  ///   - controlCapacity: How many bytes of control messages the kernel may write.
  ///   - flags: The call's flags.
  ///   - look: Looks at what came besides, if the call succeeds.
  /// - Returns: The call's result, or the negated error number.
  @inline(__always)
  func receiveMessage(
    _ bytes: UnsafeMutableRawBufferPointer,
    from sender: inout KernelAddress,
    controlCapacity: Int,
    flags: Int32,
    _ look: (inout msghdr) -> Void
  ) -> Int {
    var part = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
    return unsafe withUnsafeTemporaryAllocation(byteCount: controlCapacity, alignment: 8) {
      control in
      unsafe sender.fill { name, nameLength in
        unsafe withUnsafeMutablePointer(to: &part) { part in
          var message = unsafe msghdr()
          unsafe message.msg_name = name
          unsafe message.msg_namelen = nameLength
          unsafe message.msg_iov = part
          unsafe message.msg_iovlen = 1
          unsafe message.msg_control = control.baseAddress
          unsafe message.msg_controllen = control.count
          let result = repeatingOnInterrupt {
            unsafe kernel.call.recvmsg(number, &message, flags)
          }
          guard result >= 0 else { return result }
          nameLength = unsafe message.msg_namelen
          unsafe message.msg_controllen = min(message.msg_controllen, control.count)
          unsafe look(&message)
          return result
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
    descriptorLimit: Int
  ) -> (result: Int, isMarked: Bool) {
    let room = isMessage ? messageRoom(upTo: limit) : min(limit, Self.bytesPerCall)
    if room < 0 { return (room, false) }
    var outcome = (result: 0, isMarked: false)
    _ = unsafe array.append(upTo: room) { memory in
      outcome = unsafe receive(memory, isMessage, &batch, descriptorLimit)
      return outcome.result
    }
    return outcome
  }

  /// How much memory to offer for the next message: as much as may be taken of it, and no more than it has.
  ///
  /// What most have is offered unasked. A Unix-domain socket can have longer ones, as long as its peer's send
  /// buffer: there the kernel is asked, lest a limit that is meant as none is taken for a size.
  ///
  /// C: `recv(2)` with `MSG_PEEK` and `MSG_TRUNC`.
  ///
  /// - Parameter limit: The most bytes to take.
  /// - Returns: How many bytes, or the negated error number.
  func messageRoom(upTo limit: Int) -> Int {
    if limit <= 65_536 { return limit }
    let nothing = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    let length = repeatingOnInterrupt {
      unsafe kernel.call.recv(number, nothing, Int32(MSG_PEEK | MSG_TRUNC))
    }
    return min(length, limit)
  }

  /// The room for the time mark of a message: a `struct timeval` behind a header.
  private static let markSpace = 32

  private func receive(
    _ bytes: UnsafeMutableRawBufferPointer,
    _ isMessage: Bool,
    _ batch: inout DescriptorBatch,
    _ limit: Int
  ) -> (result: Int, isMarked: Bool) {
    var nobody = KernelAddress()
    var isMarked = false
    let result = unsafe receiveMessage(
      bytes,
      from: &nobody,
      controlCapacity: Self.markSpace + Self.rightsSpace(limit),
      flags: Int32(MSG_CMSG_CLOEXEC | (isMessage ? MSG_TRUNC : 0))
    ) { message in
      unsafe isMarked =
        message.msg_controllen > 0 || message.msg_flags & Int32(MSG_CTRUNC) != 0
      unsafe batch.adopt(from: &message, atMost: limit)
    }
    return (result, isMarked)
  }

  /// How much room there must be for descriptors: none if none are wanted.
  static func rightsSpace(_ limit: Int) -> Int {
    limit > 0 ? csockets_rights_space(DescriptorBatch.maximumCount) : 0
  }

  /// Makes the kernel mark each message with a time, an empty one too, which nothing else tells from
  /// the end of the stream: both are reads of 0 bytes.
  ///
  /// C: `setsockopt(2)` with `SO_TIMESTAMP`.
  func markMessages() throws(Errno) { try setOption(SOL_SOCKET, SO_TIMESTAMP, to: 1) }
}

extension DescriptorBatch {
  /// Takes the descriptors that a call has received, and closes what it did not ask for: there can be some
  /// in whatever room the kernel was offered.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - limit: How many descriptors the caller asked for.
  mutating func adopt(from message: inout msghdr, atMost limit: Int) {
    let isCut = unsafe message.msg_flags & Int32(MSG_CTRUNC) != 0
    let capacity = unsafe message.msg_controllen / MemoryLayout<Int32>.size
    unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: capacity) { numbers in
      let count = unsafe csockets_take_rights(&message, numbers.baseAddress, capacity)
      let received = unsafe UnsafeBufferPointer(rebasing: numbers[..<count])
      unsafe adopt(received.span, atMost: limit, isCut: isCut)
    }
  }
}
