extension Acceptor {
  /// Makes a Unix-domain socket, names it, and starts to listen.
  static nonisolated(nonsending) func bind(
    _ kind: Socket.UnixKind,
    to address: UnixAddress,
    existing: ExistingPath,
    mode: UInt16?,
    backlog: Int?,
    on reactors: [Reactor]?
  ) async throws -> Acceptor {
    if let refusal = refusal(mode, address) { throw refusal }
    let reactors = try reactors ?? Reactor.shared()
    precondition(!reactors.isEmpty, "a listener needs a reactor")
    let kernel = reactors[0].loop.kernel
    var operation = SocketError.Operation.socket
    var file: SocketFile?
    do throws(OperationFailure) {
      let descriptor = try failing { () throws(Errno) in
        try Socket.makeUnix(kind, kernel: kernel)
      }
      let socket = descriptor.socket
      operation = .bind
      if let mode { try failing { () throws(Errno) in try socket.setMode(UInt32(mode)) } }
      if existing == .replaceStale, address.isPath {
        try await bind(socket, replacingStale: address, on: reactors[0].loop)
      } else {
        try failing { () throws(Errno) in try socket.bind(to: KernelAddress(address)) }
      }
      if address.isPath { file = try? SocketFile(at: address, kernel: kernel) }
      operation = .listen
      let name = try failing { () throws(Errno) in
        try socket.listen(backlog: Int32(clamping: backlog ?? .max))
        return try socket.localAddress()
      }
      operation = .reactor
      return Acceptor(
        registration: try reactors[0].loop.register(descriptor, initial: .untried),
        localName: .unix(name.unixAddress ?? address),
        file: file,
        reactors: reactors
      )
    } catch {
      file?.remove(kernel: kernel)
      throw error.error(operation, localAddress: address)
    }
  }

  /// Why these permissions are none that the address can have, if so.
  private static func refusal(_ mode: UInt16?, _ address: UnixAddress) -> SocketError? {
    guard let mode else { return nil }
    var error = SocketError(.invalidArgument, operation: .bind, localAddress: address)
    if mode > 0o777 {
      error.detail = "0o\(String(mode, radix: 8)) is more than the nine permission bits"
    } else if !address.isPath {
      error.detail = "only a path has permissions"
    } else {
      return nil
    }
    return error
  }

  /// Names the socket, in place of a dead one if need be.
  ///
  /// For the moment of a bind, the kernel has made the file and does not know its socket yet: dead is
  /// only what is dead at two looks.
  private static nonisolated(nonsending) func bind(
    _ socket: Socket,
    replacingStale address: UnixAddress,
    on loop: EventLoop
  ) async throws(OperationFailure) {
    let name = KernelAddress(address)
    let kernel = socket.kernel
    var lock: FileDescriptor?
    var dead: SocketFile?
    try await loop.retry(deadline: .now + Self.lockPatience) {
      do throws(Errno) {
        if lock == nil { lock = try SocketFile.lockDirectory(of: address, kernel: kernel) }
        if lock == nil { return .later(LoopTime.now + Self.lookPause) }
        do throws(Errno) {
          try socket.bind(to: name)
          return .done(0, usedUp: .no)
        } catch .addressInUse {
          // Look what it is.
        }
        guard let found = try SocketFile.found(at: address, kernel: kernel) else {
          return .again(.no)  // removed between these two calls
        }
        guard found.isSocket, try !Socket.isBound(name, kernel: kernel) else {
          return .failed(.addressInUse)
        }
        guard let seen = dead, seen.isSame(as: found) else {
          dead = found
          return .later(LoopTime.now + Self.lookPause)
        }
        found.remove(kernel: kernel)
        try socket.bind(to: name)
        return .done(0, usedUp: .no)
      } catch {
        return .failed(error)
      }
    }
  }

  /// How long to wait for the directory's lock, which is never held for long.
  private static let lockPatience = Duration.seconds(5)

  /// How long to wait until the next look, in nanoseconds.
  private static let lookPause: Int64 = 5_000_000
}
