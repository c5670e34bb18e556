extension OwnedDescriptor {
  /// Makes a second descriptor, close-on-exec, of a socket: to be passed to another process, which then
  /// has the same socket.
  ///
  /// What one of them does to the socket, such as setting an option, or ending its stream, it does to
  /// both. A listening socket has one queue, and gives each client to whoever accepts first.
  ///
  /// The corresponding C function is `fcntl(2)` with `F_DUPFD_CLOEXEC`.
  ///
  /// - Parameter socket: The socket, which stays as it is.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  public init<Handle: SocketHandle & ~Copyable>(duplicating socket: borrowing Handle) throws {
    let number = try socket.withUnsafeDescriptor {
      try OwnedDescriptor(duplicating: $0).release()
    }
    self.init(owning: number)
  }
}
