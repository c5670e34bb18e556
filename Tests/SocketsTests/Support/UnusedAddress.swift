import Sockets

private let ports = Counter()

/// An address of this machine at which nobody listens, and at which nobody will who asks the kernel for a free port:
/// below the range from which it takes those. (A port that was free a moment ago may be the next one's.)
///
/// - Parameters:
///   - address: The address; its port does not count.
///   - bind: Binds a socket there, and closes it.
/// - Returns: The address with such a port.
/// - Throws: What kept the socket from being bound.
func unusedAddress(
  at address: SocketAddress,
  _ bind: (SocketAddress) async throws -> Void
) async throws -> SocketAddress {
  while true {
    let port = UInt16(10_000 + ports.increment() % 20_000)
    let candidate = SocketAddress(address.ip, port: port)
    do {
      try await bind(candidate)
      return candidate
    } catch let error as SocketError where error.code == .addressInUse {
      continue
    }
  }
}
