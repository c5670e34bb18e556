internal import CSockets
internal import Glibc
internal import Sockets

/// Making sockets.
extension SimulatedKernel {
  /// C: `socket(2)`.
  func openSocket(
    _ family: Int32,
    _ type: Int32,
    _ transport: Int32,
    _ host: IPAddress?
  ) -> Int {
    let type = type & ~Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let (stream, datagram, packet) = (
      Int32(SOCK_STREAM.rawValue), Int32(SOCK_DGRAM.rawValue), Int32(SOCK_SEQPACKET.rawValue)
    )
    switch (family, type, transport) {
    case (AF_INET, stream, 0), (AF_INET6, stream, 0), (AF_INET, stream, Int32(IPPROTO_TCP)),
      (AF_INET6, stream, Int32(IPPROTO_TCP)):
      return open(StreamSocket(self, (family, type, Int32(IPPROTO_TCP)), host: host))
    case (AF_INET, datagram, 0), (AF_INET6, datagram, 0), (AF_INET, datagram, Int32(IPPROTO_UDP)),
      (AF_INET6, datagram, Int32(IPPROTO_UDP)):
      return open(DatagramSocket(self, (family, type, Int32(IPPROTO_UDP)), host: host))
    case (AF_UNIX, stream, 0), (AF_UNIX, packet, 0):
      return open(StreamSocket(self, (family, type, 0), host: host))
    case (AF_UNIX, datagram, 0):
      return open(DatagramSocket(self, (family, type, 0), host: host))
    case (AF_INET, _, _), (AF_INET6, _, _), (AF_UNIX, _, _): return -Int(EPROTONOSUPPORT)
    default: return -Int(EAFNOSUPPORT)
    }
  }

  /// C: `socketpair(2)`.
  func openPair(_ family: Int32, _ type: Int32, _ numbers: inout (Int32, Int32)) -> Int {
    let first = openSocket(family, type, 0, nil)
    if first < 0 { return first }
    let second = openSocket(family, type, 0, nil)
    if second < 0 {
      _ = close(Int32(first))
      return second
    }
    numbers = (Int32(first), Int32(second))
    switch (table[numbers.0], table[numbers.1]) {
    case (let one as StreamSocket, let other as StreamSocket):
      let ends = (
        one.makeEnd(one, nil, .unix(.unnamed), .unix(.unnamed)),
        other.makeEnd(other, nil, .unix(.unnamed), .unix(.unnamed))
      )
      ends.0.link(to: ends.1)
      one.adopt(ends.0)
      other.adopt(ends.1)
    case (let one as DatagramSocket, let other as DatagramSocket):
      one.join(other)
    default: return -Int(EOPNOTSUPP)
    }
    return 0
  }
}
