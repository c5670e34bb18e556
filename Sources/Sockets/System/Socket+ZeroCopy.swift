internal import CSockets
internal import Glibc

/// Sending without a copy: the kernel reads the bytes from where they are, and says later through the
/// socket's error queue when it is done with them.
extension Socket {
  /// Turns it on for a TCP socket.
  ///
  /// C: `setsockopt(2)` with `SO_ZEROCOPY`.
  ///
  /// - Throws: That the kernel does not have it for this socket, or that it was on already: then nobody knows
  ///   how many sends the kernel has counted.
  func enableZeroCopy() throws(Errno) {
    guard try option(.zeroCopy) == 0 else { throw .notSupported }
    try setOption(SOL_SOCKET, SO_ZEROCOPY, to: 1)
  }

  /// Sends what follows the first `sent` bytes of an array that is neither changed nor released until the
  /// kernel says so.
  ///
  /// C: `send(2)` with `MSG_ZEROCOPY`.
  ///
  /// - Returns: How many bytes, or the negated error number; each call with a result above 0 has the next
  ///   number in ``Completion``.
  func sendInPlace(_ bytes: [UInt8], after sent: Int) -> Int {
    let flags = Int32(MSG_NOSIGNAL) | 0x400_0000  // MSG_ZEROCOPY of linux/socket.h
    return unsafe bytes.withUnsafeBytes { bytes in
      let end = min(bytes.count, sent + Self.bytesPerCall)
      // SAFETY: the kernel reads on after this scope. The caller keeps the array, whose storage does not move,
      // and a change by whoever else has it makes storage of its own.
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent..<end])
      return repeatingOnInterrupt {
        unsafe kernel.call.send(number, rest, flags)
      }
    }
  }

  /// That the kernel is done with some of the sends.
  struct Completion: Equatable {
    /// The first of them, counted from 0 in 32 bits.
    let first: UInt32
    /// The last of them.
    let last: UInt32
    /// Whether it has copied the bytes after all.
    let isCopied: Bool
  }

  /// Takes the next message out of the error queue.
  ///
  /// It is the socket's error queue, not its error: neither a reset nor data is taken.
  ///
  /// C: `recvmsg(2)` with `MSG_ERRQUEUE`.
  ///
  /// - Parameter completion: Receives what it says; `nil` if it is about something else.
  /// - Returns: Whether there was one.
  func takeCompletion(_ completion: inout Completion?) -> Bool {
    unsafe withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { control in
      var message = unsafe msghdr()
      let result = repeatingOnInterrupt {
        unsafe message = msghdr()
        unsafe message.msg_control = control.baseAddress
        unsafe message.msg_controllen = control.count
        return unsafe kernel.call.recvmsg(number, &message, Int32(MSG_ERRQUEUE))
      }
      guard result >= 0 else { return false }
      let filled = unsafe UnsafeRawBufferPointer(rebasing: control[..<message.msg_controllen])
      completion = unsafe Completion(in: filled.bytes)
      return true
    }
  }
}

extension Socket.Completion {
  /// Reads the control messages of one message of the error queue; `nil` if they are about something else.
  init?(in control: RawSpan) {
    var offset = 0
    while let message = ControlMessage.next(in: control, at: &offset) {
      let isError =
        (message.level == Int32(IPPROTO_IP) && message.type == IP_RECVERR)
        || (message.level == Int32(IPPROTO_IPV6) && message.type == IPV6_RECVERR)
      guard isError, let error = message.load(ExtendedError.self, from: control) else { continue }
      guard error.number == 0, error.origin == ExtendedError.zeroCopy else { continue }
      first = error.info
      last = error.data
      isCopied = error.code == ExtendedError.isCopied
      return
    }
    return nil
  }

  /// `struct sock_extended_err` of linux/errqueue.h.
  struct ExtendedError: BitwiseCopyable {
    var number: UInt32
    var origin: UInt8
    var type: UInt8
    var code: UInt8
    var padding: UInt8
    var info: UInt32
    var data: UInt32

    /// SO_EE_ORIGIN_ZEROCOPY.
    static let zeroCopy: UInt8 = 5
    /// SO_EE_CODE_ZEROCOPY_COPIED.
    static let isCopied: UInt8 = 1
  }
}
