/// `SIGINT` and `SIGTERM` as something to wait for, instead of something that ends the process.
///
/// ```swift
/// group.addTask {
///   try await ShutdownSignal.wait()
///   listener.close()
/// }
/// ```
///
/// Opt-in: the library touches no signal unless a program calls this. From the first call of
/// ``install()`` or ``wait(deadline:)`` on, the first signal of each kind is only noted; a second one of the same kind ends the process as it always
/// did, so an impatient Ctrl-C still works.
///
/// A handler and an eventfd do the work. `signalfd(2)` would need the signals to be blocked in every
/// thread, and the main thread of an `async` program on Linux waits in `sigsuspend` with none blocked.
public enum ShutdownSignal {
  /// Starts to note the signals; ``wait(deadline:)`` does it too.
  ///
  /// A program that says when it is ready calls this first: a signal that comes between that and the
  /// moment at which a child task reaches its wait would end the process.
  ///
  /// The corresponding C function is `sigaction(2)`.
  ///
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  public static func install() throws { _ = try descriptor() }

  /// Waits until one of the signals comes; returns at once if one has come since the first call.
  ///
  /// Any number of tasks may wait.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Returns: The signal's number, `SIGINT` (2) or `SIGTERM` (15).
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  @discardableResult
  public nonisolated(nonsending) static func wait(
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Int32 {
    try await Reactor.nextShared().waitUntilReadable(descriptor(), deadline: deadline)
    return ShutdownEvent.signal
  }

  private static func descriptor() throws -> Int32 {
    do {
      return try ShutdownEvent.descriptor()
    } catch {
      throw SocketError(error.code, operation: .wait, errno: error.rawValue)
    }
  }
}
