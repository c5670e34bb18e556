internal import CSockets
internal import Glibc

/// Socket calls, one function each, on a number that its owner keeps open meanwhile (see
/// ``Registration``).
struct Socket {
  let number: Int32
  let kernel: Kernel

  /// Makes a socket: close-on-exec and non-blocking.
  ///
  /// C: `socket(2)`.
  static func make(
    family: Int32,
    type: Int32 = Int32(SOCK_STREAM.rawValue),
    transport: Int32 = 0,
    kernel: Kernel
  ) throws(Errno) -> FileDescriptor {
    let type = type | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let number = try retryingOnInterrupt { kernel.call.socket(family, type, transport) }
    return FileDescriptor(owning: Int32(number), kernel: kernel)
  }

  /// Names the socket.
  ///
  /// C: `bind(2)`.
  func bind(to address: KernelAddress) throws(Errno) {
    _ = try unsafe address.withBytes { (bytes) throws(Errno) in
      try retryingOnInterrupt { unsafe kernel.call.bind(number, bytes) }
    }
  }

  /// Starts to listen.
  ///
  /// C: `listen(2)`.
  func listen(backlog: Int32) throws(Errno) {
    _ = try retryingOnInterrupt { kernel.call.listen(number, backlog) }
  }

  /// Takes one connection from the queue, with its peer's address.
  ///
  /// C: `accept4(2)`.
  ///
  /// The address comes from this call and no other: a connection that was reset while it was queued
  /// is still handed out, and asking for its peer's name would fail with ENOTCONN.
  ///
  /// - Parameter peer: Receives the address.
  /// - Returns: The new descriptor's number, or the negated error number.
  func accept(peer: inout KernelAddress) -> Int {
    let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    return unsafe peer.fill { bytes, length in
      repeatingOnInterrupt {
        unsafe kernel.call.accept(number, bytes, &length, flags)
      }
    }
  }

  /// Begins to connect.
  ///
  /// C: `connect(2)`, called once: after EINTR the connection is in progress, and a second call
  /// would start a refused attempt again.
  ///
  /// - Returns: Whether the connection is established already.
  func connect(to address: KernelAddress) throws(Errno) -> Bool {
    let result = unsafe address.withBytes { bytes in unsafe kernel.call.connect(number, bytes) }
    switch -Int32(result) {
    case 0: return true
    case EINPROGRESS, EINTR: return false
    case let error: throw Errno(error)
    }
  }

  /// The outcome of a connection that was in progress.
  ///
  /// C: `getsockopt(2)` with `SO_ERROR`.
  ///
  /// For that only: on an established stream this would eat a reset, and the next read would say
  /// "end of stream" (number 37 in the article Reliability).
  func connectOutcome() throws(Errno) {
    let error = try option(SOL_SOCKET, SO_ERROR)
    if error != 0 { throw Errno(error) }
  }

  /// Ends the outgoing direction: the peer reads an end of stream.
  ///
  /// C: `shutdown(2)`.
  func shutdownWrite() throws(Errno) {
    _ = try retryingOnInterrupt { kernel.call.shutdown(number, Int32(SHUT_WR)) }
  }

  /// An option whose value is an integer.
  ///
  /// C: `getsockopt(2)`.
  func option(_ level: Int32, _ name: Int32) throws(Errno) -> Int32 {
    var value: Int32 = 0
    var length = UInt32(MemoryLayout<Int32>.size)
    _ = try retryingOnInterrupt {
      unsafe kernel.call.getOption(number, level, name, &value, &length)
    }
    return value
  }

  /// Sets an option whose value is an integer.
  ///
  /// C: `setsockopt(2)`.
  func setOption(_ level: Int32, _ name: Int32, to value: Int32) throws(Errno) {
    _ = try retryingOnInterrupt {
      unsafe withUnsafeBytes(of: value) {
        unsafe kernel.call.setOption(number, level, name, $0)
      }
    }
  }

  /// Makes the coming close send RST.
  ///
  /// C: `setsockopt(2)` with `SO_LINGER` of zero seconds; any other linger would block the thread
  /// in close, non-blocking socket or not.
  func resetOnClose() throws(Errno) {
    _ = try retryingOnInterrupt {
      unsafe withUnsafeBytes(of: linger(l_onoff: 1, l_linger: 0)) {
        unsafe kernel.call.setOption(number, SOL_SOCKET, SO_LINGER, $0)
      }
    }
  }

  /// This end's name.
  ///
  /// C: `getsockname(2)`.
  func localAddress() throws(Errno) -> KernelAddress {
    var address = KernelAddress()
    _ = try unsafe address.fill { (bytes, length) throws(Errno) in
      try retryingOnInterrupt { unsafe kernel.call.localName(number, bytes, &length) }
    }
    return address
  }

  /// The other end's name.
  ///
  /// C: `getpeername(2)`.
  func remoteAddress() throws(Errno) -> KernelAddress {
    var address = KernelAddress()
    _ = try unsafe address.fill { (bytes, length) throws(Errno) in
      try retryingOnInterrupt { unsafe kernel.call.peerName(number, bytes, &length) }
    }
    return address
  }
}
