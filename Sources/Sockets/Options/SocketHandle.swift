/// A socket whose options can be read and set: listeners, connections, datagram sockets, and a
/// socket that is not connected yet.
///
/// ```swift
/// try connection.set(.noDelay, to: false)
/// let info = try connection.get(.tcpInfo)
/// ```
///
/// Which options exist follows from the transport, so that a TCP option on a UDP or Unix socket
/// does not compile; those that cannot be set have no `set`. The article <doc:Options> lists them
/// all.
public protocol SocketHandle<Transport>: ~Copyable {
  /// What fixes the kind of the socket.
  associatedtype Transport

  /// Lends the descriptor to the library itself, which alone can use it.
  func _lend<Result>(_ body: (borrowing _SocketDescriptor) throws -> Result) throws -> Result
}

extension SocketHandle where Self: ~Copyable {
  /// Lends the descriptor's number: for calls that the library does not have, such as `ioctl(2)`.
  ///
  /// Unsafe: the number means this descriptor only until the body returns, and the body must not close it. The
  /// descriptor stays open while the body runs, also if the socket is closed meanwhile.
  ///
  /// - Parameter body: What to do with the number.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or ``SocketError`` with ``SocketError/Code-swift.struct/closed``.
  public func withUnsafeDescriptor<Result>(
    _ body: (Int32) throws -> Result
  ) throws -> Result {
    try _lend { try body($0.socket.number) }
  }

  /// Reads an option.
  ///
  /// The corresponding C function is `getsockopt(2)`.
  ///
  /// - Parameter option: The option.
  /// - Returns: Its value now.
  /// - Throws: ``SocketError`` with the operation ``SocketError/Operation-swift.struct/option``:
  ///   ``SocketError/Code-swift.struct/closed``, ``SocketError/Code-swift.struct/notSupported`` if
  ///   the kernel lacks it.
  public func get<Value>(_ option: SocketOption<Value, Transport>) throws -> Value {
    try _lend { try option.read($0) }
  }

  /// Reads an option that cannot be set.
  ///
  /// The corresponding C function is `getsockopt(2)`.
  ///
  /// - Parameter option: The option.
  /// - Returns: Its value now.
  /// - Throws: As for an option that can be set.
  public func get<Value>(_ option: ReadOnlySocketOption<Value, Transport>) throws -> Value {
    try _lend { try option.read($0) }
  }

  /// Sets an option.
  ///
  /// The corresponding C function is `setsockopt(2)`.
  ///
  /// - Parameters:
  ///   - option: The option.
  ///   - value: Its new value.
  /// - Throws: ``SocketError`` with the operation ``SocketError/Operation-swift.struct/option``,
  ///   whose ``SocketError/detail`` names the option:
  ///   ``SocketError/Code-swift.struct/invalidArgument`` if the value is outside the option's range
  ///   (then nothing was set), or if the kernel refuses it in the socket's present state,
  ///   ``SocketError/Code-swift.struct/permissionDenied``,
  ///   ``SocketError/Code-swift.struct/notSupported``, ``SocketError/Code-swift.struct/closed``.
  public func set<Value>(_ option: SocketOption<Value, Transport>, to value: Value) throws {
    try _lend { try option.write($0, value) }
  }
}
