/// A new socket before it is bound or connected, lent to a `configure` closure.
///
/// ```swift
/// let listener = try await TCPListener.bind(to: address) { socket, _ in
///   try socket.set(.fastOpenQueue, to: 256)
/// }
/// ```
///
/// Some options only work this early. It has those that the library sets by itself already, and the
/// closure has the last word.
public struct UnconnectedSocket<Transport>: ~Copyable, SocketHandle {
  /// The calls on it; its owner keeps it open while it is lent.
  private let socket: Socket

  init(_ socket: Socket) { self.socket = socket }

  /// Lends the descriptor to the library itself.
  public func _lend<Result>(
    _ body: (borrowing _SocketDescriptor) throws -> Result
  ) throws -> Result {
    try body(_SocketDescriptor(socket))
  }

  /// Lends a socket to the caller's `configure` closure, between the library's own calls on it.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - address: The address that it is to be bound or connected to.
  ///   - configure: The caller's closure.
  ///   - failure: Receives the closure's error, which is to be thrown instead of this function's.
  /// - Throws: That the closure has thrown.
  @inline(never)  // Swift 6.3.1's optimizer crashes when it inlines the borrow of the new value
  static func configure<Address>(
    _ socket: Socket,
    _ address: Address,
    _ configure: (borrowing UnconnectedSocket, Address) throws -> Void,
    _ failure: inout (any Error)?
  ) throws(Errno) {
    do {
      try configure(UnconnectedSocket(socket), address)
    } catch {
      failure = error
      throw .canceled
    }
  }
}
