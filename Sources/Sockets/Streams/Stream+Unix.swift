extension Stream {
  /// Connects one Unix-domain socket.
  ///
  /// It is registered with the reactor once it is connected, and not before: epoll would call it hung
  /// up.
  nonisolated(nonsending) static func connect(
    _ kind: Socket.UnixKind,
    to address: UnixAddress,
    deadline: ContinuousClock.Instant?,
    on reactor: Reactor?
  ) async throws -> Stream {
    if address.isUnnamed {
      let detail = "an unnamed socket cannot be connected to"
      throw SocketError(
        .invalidAddress,
        operation: .connect,
        remoteAddress: address,
        detail: detail
      )
    }
    let reactor = try reactor ?? Reactor.nextShared()
    do throws(OperationFailure) {
      if Task.isCancelled { throw .cancelled }
      let kernel = reactor.loop.kernel
      let descriptor = try failing { () throws(Errno) in
        try Socket.makeUnix(kind, kernel: kernel)
      }
      let socket = descriptor.socket
      let name = KernelAddress(address)
      let isConnected = try failing { () throws(Errno) in try socket.connectUnix(to: name) }
      if !isConnected {
        var pause: Int64 = 1_000_000
        try await reactor.loop.retry(deadline: deadline) {
          do throws(Errno) {
            if try socket.connectUnix(to: name) { return .done(0, usedUp: .no) }
          } catch {
            return .failed(error)
          }
          defer { pause = min(2 * pause, 50_000_000) }
          return .later(LoopTime.now + pause)
        }
      }
      return try Stream(descriptor, remoteAddress: address, on: reactor)
    } catch {
      throw error.error(.connect, remoteAddress: address)
    }
  }

  /// Two connected sockets without names.
  static func pair(_ kind: Socket.UnixKind, on reactor: Reactor?) throws -> (Stream, Stream) {
    let reactor = try reactor ?? Reactor.nextShared()
    do throws(OperationFailure) {
      var second: FileDescriptor?
      let first = try failing { () throws(Errno) in
        try Socket.makePair(kind, kernel: reactor.loop.kernel, &second)
      }
      guard let second = second.take() else { throw .closed }
      return (
        try Stream(first, remoteAddress: .unnamed, on: reactor),
        try Stream(second, remoteAddress: .unnamed, on: reactor)
      )
    } catch {
      throw error.error(.socket)
    }
  }

  /// A connected Unix-domain socket without a name of its own.
  private convenience init(
    _ descriptor: consuming FileDescriptor,
    remoteAddress: UnixAddress,
    on reactor: Reactor
  ) throws(OperationFailure) {
    self.init(
      reactor: reactor,
      registration: try reactor.loop.register(descriptor, initial: .untried),
      localName: .unix(.unnamed),
      remoteName: .unix(remoteAddress)
    )
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
