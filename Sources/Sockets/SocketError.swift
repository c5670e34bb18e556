/// What went wrong with a socket: which operation, between which addresses, and why.
///
/// Its description fits one line of a log:
///
///     bind 127.0.0.1:7007: address in use (EADDRINUSE, errno 98)
///
/// Who is at fault can be read off the ``code-swift.property``: ``Code-swift.struct/closed`` and
/// ``Code-swift.struct/concurrentRead`` are the program's own doing,
/// ``Code-swift.struct/connectionReset`` and ``Code-swift.struct/brokenPipe`` are the peer's.
///
/// Cancellation is not a `SocketError`: a cancelled call throws `CancellationError` and has had no
/// effect. The one exception is a write of which the kernel had already taken a part: it throws
/// ``Code-swift.struct/cancelled`` with the exact count in ``bytesWritten``.
public struct SocketError: Error, Sendable {
  /// The reason, by name.
  public var code: Code

  /// The call that failed.
  public var operation: Operation

  /// This end of the socket, where it is known.
  public var localAddress: (any TransportAddress)?

  /// The other end of the socket, where it is known.
  public var remoteAddress: (any TransportAddress)?

  /// The kernel's error number, `errno(3)`; `nil` when the kernel was not what refused.
  public var errno: Int32?

  /// How many bytes of a write the kernel took before the write failed; `nil` for every other
  /// operation.
  public var bytesWritten: Int?

  /// What the code alone cannot tell, such as the text that did not parse.
  public var detail: String?

  /// What was tried when a connection to an ``Endpoint`` could not be made, address by address; `nil`
  /// for every other operation.
  public var connectTimeline: ConnectTimeline?

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: The reason.
  ///   - operation: The call that failed.
  ///   - localAddress: This end of the socket.
  ///   - remoteAddress: The other end of the socket.
  ///   - errno: The kernel's error number.
  ///   - bytesWritten: For a write, the number of bytes that the kernel took.
  ///   - detail: What the code alone cannot tell.
  public init(
    _ code: Code,
    operation: Operation,
    localAddress: (any TransportAddress)? = nil,
    remoteAddress: (any TransportAddress)? = nil,
    errno: Int32? = nil,
    bytesWritten: Int? = nil,
    detail: String? = nil
  ) {
    self.code = code
    self.operation = operation
    self.localAddress = localAddress
    self.remoteAddress = remoteAddress
    self.errno = errno
    self.bytesWritten = bytesWritten
    self.detail = detail
  }
}

/// An address of either end of a socket: ``SocketAddress``, and for other transports their own.
public protocol TransportAddress: Hashable, Sendable, CustomStringConvertible {}
