internal import CSockets

/// The eventfd that SIGINT and SIGTERM write, once someone has asked for it.
///
/// C: `sigaction(2)`.
enum ShutdownEvent {
  /// The descriptor: readable once a signal has come, and from then on.
  ///
  /// It lives as long as the process.
  static func descriptor() throws(Errno) -> Int32 {
    Int32(try retryingOnInterrupt { csockets_shutdown_signals() })
  }

  /// The last signal that came, or 0.
  static var signal: Int32 { csockets_shutdown_signal() }
}
