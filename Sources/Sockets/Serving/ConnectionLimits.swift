/// How long one connection of a server may take; `nil` means no limit.
///
/// A limit that has passed makes the handler's pending read or write throw
/// ``SocketError/Code-swift.struct/timedOut``. A deadline that the handler gives with a call and that comes
/// earlier counts instead. No task and no timer of its own stands behind a limit.
public struct ConnectionLimits: Sendable, Hashable {
  /// How long a single read or write may wait.
  public var idle: Duration?

  /// How long the first read may wait, from the accept on.
  ///
  /// For clients that connect and say nothing.
  public var firstByte: Duration?

  /// How long the connection may live, from the accept on.
  public var lifetime: Duration?

  /// Creates limits.
  ///
  /// - Parameters:
  ///   - idle: How long a single read or write may wait.
  ///   - firstByte: How long the first read may wait, from the accept on.
  ///   - lifetime: How long the connection may live, from the accept on.
  public init(idle: Duration? = nil, firstByte: Duration? = nil, lifetime: Duration? = nil) {
    self.idle = idle
    self.firstByte = firstByte
    self.lifetime = lifetime
  }
}
