/// How TCP asks a silent peer whether it is still there.
///
/// After ``idle`` without traffic the kernel sends a probe, then one every ``interval``; after
/// ``count`` of them without an answer the connection ends, and the next read or write throws
/// ``SocketError/Code-swift.struct/timedOut``; or ``SocketError/Code-swift.struct/hostUnreachable``, if the
/// network has said so meanwhile, as it does of a machine next door that is gone. A
/// ``SocketOption/userTimeout`` overrides the count.
/// RFC 9293 section 3.8.4.
public struct KeepAlive: Hashable, Sendable {
  /// How long the connection is silent before the first probe: 1 to 32,767 seconds, rounded up.
  public var idle: Duration

  /// How long to wait for an answer before the next probe: 1 to 32,767 seconds, rounded up.
  public var interval: Duration

  /// How many probes go out in vain before the connection ends: 1 to 127.
  public var count: Int

  /// Creates a value.
  ///
  /// The defaults find a lost peer within a minute and a half; the kernel's own (two hours, 75
  /// seconds, 9) take more than two hours.
  ///
  /// - Parameters:
  ///   - idle: How long the connection is silent before the first probe.
  ///   - interval: How long to wait for an answer before the next one.
  ///   - count: How many go out in vain before the connection ends.
  public init(
    idle: Duration = .seconds(60),
    interval: Duration = .seconds(10),
    count: Int = 3
  ) {
    self.idle = idle
    self.interval = interval
    self.count = count
  }
}

extension SocketOption where Value == KeepAlive?, Scope == TCP {
  /// Whether, when and how often to ask a silent peer; `nil`, the default, for never.
  ///
  /// Set before a connection is used, or on a listener, whose connections inherit it.
  ///
  /// C: `SO_KEEPALIVE`, `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT`.
  public static var keepAlive: SocketOption<KeepAlive?, Scope> {
    let times = OptionCoding.time(.seconds, 1...32_767)
    let counts = OptionCoding.number(1...127)
    return SocketOption(
      read: { descriptor in
        guard try descriptor.integer(.keepAlive) != 0 else { return nil }
        return KeepAlive(
          idle: times.decode(try descriptor.integer(.keepIdle)),
          interval: times.decode(try descriptor.integer(.keepInterval)),
          count: counts.decode(try descriptor.integer(.keepCount))
        )
      },
      write: { descriptor, value in
        guard let value else { return try descriptor.setInteger(.keepAlive, 0) }
        guard let idle = times.encode(value.idle) else {
          throw descriptor.rejection(.keepIdle, times.range, value.idle)
        }
        guard let interval = times.encode(value.interval) else {
          throw descriptor.rejection(.keepInterval, times.range, value.interval)
        }
        guard let count = counts.encode(value.count) else {
          throw descriptor.rejection(.keepCount, counts.range, value.count)
        }
        try descriptor.setInteger(.keepIdle, idle)
        try descriptor.setInteger(.keepInterval, interval)
        try descriptor.setInteger(.keepCount, count)
        try descriptor.setInteger(.keepAlive, 1)
      }
    )
  }
}
