/// How long a connection may take; `nil` means no limit.
///
/// A limit that has passed makes the pending read or write throw
/// ``SocketError/Code-swift.struct/timedOut``, and every later one that would wait, or that is one of many
/// which did not. It closes nothing by itself: in a server, the handler's error does. A deadline that is
/// given with a call and comes earlier counts instead. No task and no timer of its own stands behind a
/// limit.
///
/// For all connections of a server, see
/// ``SocketListener/serve(maxConnections:handlers:limits:whenExhausted:onFailure:handler:)``; for a single
/// connection, a client's for example, ``SocketConnection/setLimits(_:)``.
public struct ConnectionLimits: Sendable, Hashable {
  /// How long a single read or write may wait for the peer without getting on.
  ///
  /// A peer that sends a byte now and then is not idle; against such, there are ``lifetime`` and the
  /// deadlines of calls.
  ///
  /// A write gets on when the kernel takes some of it. On a slow network that can be a while after the peer has
  /// got something, for the kernel delivers first what it has, some hundred KiB perhaps: at a megabit per second
  /// and with losses more than two seconds were seen. The limit has to be longer than that on the slowest
  /// network that is to be served.
  public var idle: Duration?

  /// How long until the first read must have ended, counted from the accept, or from when the limits were
  /// set.
  ///
  /// For peers that connect and say nothing.
  public var firstByte: Duration?

  /// How long the connection may go on, counted from the accept, or from when the limits were set.
  public var lifetime: Duration?

  /// Creates limits.
  ///
  /// - Parameters:
  ///   - idle: How long a single read or write may wait without getting on.
  ///   - firstByte: How long until the first read must have ended.
  ///   - lifetime: How long the connection may go on.
  public init(idle: Duration? = nil, firstByte: Duration? = nil, lifetime: Duration? = nil) {
    self.idle = idle
    self.firstByte = firstByte
    self.lifetime = lifetime
  }
}

extension SocketConnection {
  /// Limits how long this connection may take, from now on; replaces the limits that were set before.
  ///
  /// A read or write that waits already keeps the limits that it began to wait with.
  ///
  /// - Parameter limits: The limits.
  public func setLimits(_ limits: ConnectionLimits) { stream.registration.limits.set(limits) }
}

extension SeqPacketConnection {
  /// Limits how long this connection may take, from now on.
  ///
  /// As ``SocketConnection/setLimits(_:)``.
  ///
  /// - Parameter limits: The limits.
  public func setLimits(_ limits: ConnectionLimits) { stream.registration.limits.set(limits) }
}

extension WaitLimits {
  /// Sets limits, counted from now on.
  func set(_ limits: ConnectionLimits) {
    set(idle: limits.idle, firstRead: limits.firstByte, lifetime: limits.lifetime)
  }
}
