public import Sockets

extension UDPSocket {
  /// Two sockets that are connected to each other over the loopback interface: for tests.
  ///
  /// What one sends, the other receives, and nobody else's datagrams. It is UDP all the same: a receiver whose buffer is
  /// full loses what comes.
  ///
  /// The corresponding C functions are `bind(2)` and `connect(2)`.
  ///
  /// - Parameters:
  ///   - address: The loopback address to use; its port is ignored.
  ///   - reactor: The reactor of both; `nil` for the next of the shared ones.
  /// - Returns: Both ends.
  /// - Throws: `CancellationError`, or `SocketError`: no socket is left open then.
  public nonisolated(nonsending) static func pair(
    over address: SocketAddress = .loopback(port: 0),
    on reactor: Reactor? = nil
  ) async throws -> (near: UDPSocket, far: UDPSocket) {
    let anyPort = SocketAddress(address.ip, port: 0)
    // Only a socket that exists has an address to connect the other one to. This one keeps it from everybody else
    // until its successor has it too.
    let placeholder = try await UDPSocket.bind(to: anyPort, reusesAddress: true, on: reactor)
    defer { placeholder.close() }
    let address = placeholder.localAddress
    let far = try await UDPSocket.connect(to: address, from: anyPort, on: reactor)
    let near = try await UDPSocket.connect(to: far.localAddress, from: address, on: reactor) {
      socket,
      _ in
      try socket.set(.reuseAddress, to: true)
    }
    return (near, far)
  }
}
