/// `SIGINT` and `SIGTERM` as something to wait for, instead of something that ends the process.
///
/// ```swift
/// try ShutdownSignal.install()
/// async let drained: Void = {
///   try await ShutdownSignal.wait()
///   listener.drain(grace: .seconds(10))
/// }()
/// let report = try await listener.serve { connection in … }
/// ```
///
/// Opt-in: the library touches no signal unless a program calls this. From the first call of
/// ``install()`` or ``wait(deadline:on:)`` on, the first signal of each kind is only noted; a second one of
/// the same kind ends the process as it always did, so an impatient Ctrl-C still works.
///
/// A handler and an eventfd do the work, and not `signalfd(2)`: that reads only signals that every thread
/// blocks, and one thread cannot be made to. The main thread of an `async` program on Linux is parked in
/// `sigsuspend(2)` with an empty mask, whatever the program has blocked before; the kernel gives a signal
/// of the process to a thread that does not block it, so a blocked `SIGTERM` ends the process there.
public enum ShutdownSignal {
  /// Starts to note the signals; ``wait(deadline:on:)`` does it too.
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
  /// - Parameters:
  ///   - deadline: When to give up; `nil` for never.
  ///   - reactor: The reactor to wait on; `nil` for the one whose thread the caller runs on, or else a
  ///     shared one that runs already. Only if none does, one is started.
  /// - Returns: The signal's number, `SIGINT` (2) or `SIGTERM` (15).
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  @discardableResult
  public nonisolated(nonsending) static func wait(
    deadline: ContinuousClock.Instant? = nil,
    on reactor: Reactor? = nil
  ) async throws -> Int32 {
    let loop = try reactor?.loop ?? EventLoop.nearest()
    try await loop.wait(.read, descriptor(), deadline)
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
