/// How much waits in a socket's queues in the kernel.
extension Socket {
  /// How many bytes wait to be read; of a datagram socket, those of the first datagram.
  ///
  /// C: `ioctl(2)` with `SIOCINQ` (tcp(7), unix(7)).
  func receiveQueue() throws(Errno) -> Int {
    try retryingOnInterrupt { kernel.call.receiveQueue(number) }
  }

  /// How many bytes were written that have not left: over TCP, that the peer has not acknowledged; over a
  /// Unix-domain socket, that the peer has not read, with what the kernel adds to them.
  ///
  /// C: `ioctl(2)` with `SIOCOUTQ` (tcp(7), unix(7)).
  func sendQueue() throws(Errno) -> Int {
    try retryingOnInterrupt { kernel.call.sendQueue(number) }
  }

  /// What the kernel keeps for a socket.
  struct Memory {
    /// How many bytes wait to be received, with what the kernel adds to them.
    let received: Int
    /// How many bytes wait to be sent, with what the kernel adds to them.
    let sent: Int
    /// How many datagrams came that there was no room for.
    let dropped: Int
  }

  /// What the kernel keeps for the socket.
  ///
  /// C: `getsockopt(2)` with `SO_MEMINFO`, an array of `SK_MEMINFO_VARS` numbers (`linux/sock_diag.h`).
  func memory() throws(Errno) -> Memory {
    let bytes = try optionBytes(.memory, capacity: 64)
    func number(_ index: Int) -> Int { Int(UInt32(in: bytes, at: 4 * index)) }
    return Memory(received: number(0), sent: number(2), dropped: number(8))
  }
}
