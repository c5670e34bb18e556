extension SocketConnection: SocketHandle {
  /// Lends the descriptor to the library itself.
  public func _lend<Result>(
    _ body: (borrowing _SocketDescriptor) throws -> Result
  ) throws -> Result {
    try stream.lend(body)
  }
}

extension SeqPacketConnection: SocketHandle {
  /// What fixes the kind of the socket.
  public typealias Transport = SeqPacket

  /// Lends the descriptor to the library itself.
  public func _lend<Result>(
    _ body: (borrowing _SocketDescriptor) throws -> Result
  ) throws -> Result {
    try stream.lend(body)
  }
}

extension Stream {
  fileprivate func lend<Result>(
    _ body: (borrowing _SocketDescriptor) throws -> Result
  ) throws -> Result {
    try registration.lend(localAddress: localName.address, remoteAddress: remoteName.address, body)
  }
}

extension SocketListener: SocketHandle {
  /// Lends the descriptor to the library itself.
  public func _lend<Result>(
    _ body: (borrowing _SocketDescriptor) throws -> Result
  ) throws -> Result {
    try acceptor.registration.lend(localAddress: acceptor.localName.address, body)
  }
}
