extension Stream {
  /// Connects one Unix-domain socket.
  ///
  /// It is registered with the reactor once it is connected, and not before: epoll would call it hung
  /// up.
  nonisolated(nonsending) static func connect<Transport>(
    _ kind: Socket.UnixKind,
    to address: UnixAddress,
    deadline: ContinuousClock.Instant?,
    on reactor: Reactor?,
    configure: (borrowing UnconnectedSocket<Transport>, UnixAddress) throws -> Void
  ) async throws -> Stream {
    try address.checkDestination(of: .connect)
    let reactor = try reactor ?? Reactor.nextShared()
    var refusal: (any Error)?
    do throws(OperationFailure) {
      if Task.isCancelled { throw .cancelled }
      let kernel = reactor.loop.kernel
      let descriptor = try failing { () throws(Errno) in
        let descriptor = try Socket.makeUnix(kind, kernel: kernel)
        try UnconnectedSocket.configure(descriptor.socket, address, configure, &refusal)
        return descriptor
      }
      let socket = descriptor.socket
      let name = KernelAddress(address)
      let isConnected = try failing { () throws(Errno) in try socket.connectUnix(to: name) }
      if !isConnected {
        try await reactor.loop.retry(deadline: deadline) {
          do throws(Errno) {
            return try socket.connectUnix(to: name) ? .done(0, usedUp: .no) : .again(.yes)
          } catch {
            return .failed(error)
          }
        }
      }
      let identity = SocketIdentity(
        .init(kind),
        .connected,
        local: .unix(.unnamed),
        remote: .unix(address)
      )
      return Stream(
        reactor: reactor,
        registration: try reactor.loop.register(descriptor, as: identity, initial: .untried)
      )
    } catch {
      throw refusal ?? error.error(.connect, remoteAddress: address)
    }
  }

  /// Two connected sockets without names.
  static func pair(_ kind: Socket.UnixKind, on reactor: Reactor?) throws -> (Stream, Stream) {
    let reactor = try reactor ?? Reactor.nextShared()
    do throws(OperationFailure) {
      let (first, second) = try reactor.loop.registerPair(kind)
      return (
        Stream(reactor: reactor, registration: first),
        Stream(reactor: reactor, registration: second)
      )
    } catch {
      throw error.error(.socket)
    }
  }

  /// Who the peer is.
  func peerCredentials() throws -> PeerCredentials {
    do throws(OperationFailure) {
      return try registration.use { (socket) throws(Errno) in try socket.peerCredentials() }
    } catch {
      throw self.error(error, .option)
    }
  }
}

extension UnixAddress {
  /// Refuses an unnamed socket as the other end.
  func checkDestination(of operation: SocketError.Operation) throws(SocketError) {
    guard isUnnamed else { return }
    throw SocketError(
      .invalidAddress,
      operation: operation,
      remoteAddress: self,
      detail: "nothing can be sent to an unnamed socket, nor can it be connected to"
    )
  }
}
