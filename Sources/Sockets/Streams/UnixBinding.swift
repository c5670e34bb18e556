/// How a Unix-domain socket of any kind is given its name: the one implementation behind every bind.
struct UnixBinding {
  /// The name.
  let address: UnixAddress

  /// What to do when something has the path already.
  let existing: ExistingPath

  /// The permissions of the path's file, if they are not to be those of the process's umask alone.
  let mode: UInt16?

  /// Notes what is asked for.
  ///
  /// - Parameters:
  ///   - address: The name.
  ///   - existing: What to do when something has the path already.
  ///   - mode: The permissions of the path's file.
  /// - Throws: Why these permissions are none that the address can have, if so.
  init(_ address: UnixAddress, existing: ExistingPath, mode: UInt16?) throws(SocketError) {
    self.address = address
    self.existing = existing
    self.mode = mode
    guard let mode else { return }
    var error = SocketError(.invalidArgument, operation: .bind, localAddress: address)
    if mode > 0o777 {
      error.detail = "0o\(String(mode, radix: 8)) is more than the nine permission bits"
    } else if !address.isPath {
      error.detail = "only a path has permissions"
    } else {
      return
    }
    throw error
  }

  /// Sets the permissions that the file will have from the start.
  func setMode(of socket: Socket) throws(Errno) {
    if let mode { try socket.setMode(UInt32(mode)) }
  }

  /// Names the socket.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - loop: Where to wait, if there is something to wait for.
  /// - Returns: The file that the socket has now, if the name is a path.
  /// - Throws: Why it has no name.
  nonisolated(nonsending) func bind(
    _ socket: Socket,
    on loop: EventLoop
  ) async throws(OperationFailure) -> SocketFile? {
    if existing == .replaceStale, address.isPath {
      try await replaceStale(socket, on: loop)
    } else {
      try failing { () throws(Errno) in try socket.bind(to: KernelAddress(address)) }
    }
    return address.isPath ? try? SocketFile(at: address, kernel: socket.kernel) : nil
  }

  /// Names the socket, in place of a dead one if need be.
  ///
  /// For the moment of a bind, the kernel has made the file and does not know its socket yet: dead is
  /// only what is dead at two looks.
  private nonisolated(nonsending) func replaceStale(
    _ socket: Socket,
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
          return .later(LoopTime.now)  // removed between these two calls
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
