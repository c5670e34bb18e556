extension SocketConnection: SocketHandle {
  /// Lends the descriptor: for calls that the library does not have, such as `ioctl(2)`.
  ///
  /// - Parameter body: Uses the descriptor, and neither closes it nor keeps its number.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or ``SocketError`` with ``SocketError/Code-swift.struct/closed``.
  public func withUnsafeDescriptor<Result>(
    _ body: (borrowing SocketDescriptor) throws -> Result
  ) throws -> Result {
    try stream.lend(body)
  }
}

extension SeqPacketConnection: SocketHandle {
  /// What fixes the kind of the socket.
  public typealias Transport = SeqPacket

  /// Lends the descriptor: for calls that the library does not have, such as `ioctl(2)`.
  ///
  /// - Parameter body: Uses the descriptor, and neither closes it nor keeps its number.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or ``SocketError`` with ``SocketError/Code-swift.struct/closed``.
  public func withUnsafeDescriptor<Result>(
    _ body: (borrowing SocketDescriptor) throws -> Result
  ) throws -> Result {
    try stream.lend(body)
  }
}

extension Stream {
  fileprivate func lend<Result>(
    _ body: (borrowing SocketDescriptor) throws -> Result
  ) throws -> Result {
    try registration.lend(localAddress: localName.address, remoteAddress: remoteName.address, body)
  }
}

extension SocketListener: SocketHandle {
  /// Lends the descriptor: for calls that the library does not have, such as `ioctl(2)`.
  ///
  /// - Parameter body: Uses the descriptor, and neither closes it nor keeps its number.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or ``SocketError`` with ``SocketError/Code-swift.struct/closed``.
  public func withUnsafeDescriptor<Result>(
    _ body: (borrowing SocketDescriptor) throws -> Result
  ) throws -> Result {
    try acceptor.registration.lend(localAddress: acceptor.localName.address, body)
  }
}
