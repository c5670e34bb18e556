internal import Synchronization

/// The one implementation behind every ``SocketConnection``, whatever its transport.
///
/// The connection is a handle on it: when the last handle is gone, the descriptor is closed.
@usableFromInline
final class Stream: Sendable {
  /// The reactor that watches it, for its whole life.
  let reactor: Reactor

  /// Its descriptor.
  let registration: Registration

  /// Whether the listener that accepted it is draining; `nil` if it was not accepted.
  let drainSignal: DrainSignal?

  /// Whether the signal wakes the reading side: from the first read on that draining ends.
  let hearsDrainSignal = Atomic<Bool>(false)

  /// Bytes that a read took from the kernel and did not return: they follow what it was to decode, or
  /// it was cancelled, its deadline passed, or the stream ended early.
  ///
  /// Touched by the owner of the reading direction only.
  let buffer = Lock(ReadBuffer())

  /// Whether `buffer` holds anything: so that a read need not take the lock.
  let hasBuffer = Atomic<Bool>(false)

  /// The error that ended the connection, 0 for none.
  ///
  /// Sticky: the kernel reports a reset once and then says "end of stream", which would pass off a
  /// cut stream as a whole one.
  private let failure = Atomic<Int32>(0)

  /// How the connection came about, if it was made by name.
  let connectTimeline = AtomicLazyReference<ConnectTimeline.Box>()

  /// What a proxy has said of the connection, once it was read.
  let proxyHeader = AtomicLazyReference<ProxyHeader.Box>()

  /// Its sends without a copy, once it was asked for one.
  let zeroCopySends = AtomicLazyReference<ZeroCopySends>()

  /// How many scopes hold incomplete packets back.
  let corks = Atomic<Int32>(0)

  /// Whether the outgoing stream was ended by `finish`.
  private let isFinished = Atomic<Bool>(false)

  init(
    reactor: Reactor,
    registration: Registration,
    drainSignal: DrainSignal? = nil
  ) {
    self.reactor = reactor
    self.registration = registration
    self.drainSignal = drainSignal
    registration.announce()
  }

  deinit {
    if hearsDrainSignal.load(ordering: .relaxed) { drainSignal?.remove(registration) }
    registration.close(.dropped)
  }

  /// This end.
  var localName: SocketName { registration.identity?.localName ?? .memory }

  /// The other end.
  var remoteName: SocketName { registration.identity?.remoteName ?? .memory }

  /// What a system call has returned, after a look at the connection's end.
  ///
  /// - Parameter result: The call's result; negated error numbers; for reads, 0 at the end.
  /// - Returns: The same, or the error that ended the connection earlier.
  @inline(__always)
  func checked(_ result: Int) -> Int {
    if result > 0 || result == -Int(Errno.again.rawValue) { return result }
    return noteEnd(result)
  }

  /// As ``checked(_:)``, of a call that takes bytes out of the kernel: counts them.
  @inline(__always)
  func counted(_ result: Int) -> Int {
    if result > 0 { registration.count(result, .read) }
    return checked(result)
  }

  private func noteEnd(_ result: Int) -> Int {
    // The kernel may have told a write on another thread of an error, and have left an end for this read. What is
    // true is known when that call has noted what it was told: the read is tried again.
    if result == 0, registration.isInCall(.write), toldFailure == nil {
      registration.signal(.read)
      return -Int(Errno.again.rawValue)
    }
    let error = Errno(Int32(-result))
    if !error.concernsTheCallOnly { registration.noteEnd(error) }
    let (noted, earlier) = failure.compareExchange(
      expected: 0,
      desired: error.concernsTheCallOnly ? 0 : error.rawValue,
      ordering: .relaxed
    )
    return noted ? result : -Int(earlier)
  }

  /// The attempt that an earlier error leaves to a write: none.
  ///
  /// Broken-pipe errors are not kept: the kernel repeats them, and what the peer had sent before
  /// can still be read.
  func refusal() -> Errno? {
    isFinished.load(ordering: .relaxed) ? .brokenPipe : toldFailure
  }

  /// The error that has ended the connection, if a call was told of it: the kernel tells it once.
  var toldFailure: Errno? {
    let error = failure.load(ordering: .relaxed)
    return error == 0 ? nil : Errno(error)
  }

  /// What a failed write has come to, after a look at the connection's end.
  ///
  /// - Parameter result: The call's result, a negated error number.
  /// - Returns: The same, or the error that ended the connection, or "interrupted" if the call is to be made again.
  func checkedWrite(_ result: Int) -> Int {
    guard result == -Int(Errno.brokenPipe.rawValue) else { return checked(result) }
    // The kernel may have told a read on another thread why, and tells it once: the write is tried again when that
    // call has noted what it was told, and others have had their turn.
    let isNoted = !registration.isInCall(.read)
    if let error = toldFailure { return -Int(error.rawValue) }
    if !isNoted { return -Int(Errno.interrupted.rawValue) }
    registration.noteEnd(.brokenPipe)
    return result
  }

  /// Ends the outgoing stream after the writes that were begun before.
  func finish(deadline: ContinuousClock.Instant?) async throws {
    try await attempt(.finish) { () async throws(OperationFailure) in
      // A full buffer does not stand in its way: the end queues behind the bytes.
      _ = try await registration.perform(
        .write,
        whenBusy: .queue,
        needsReadiness: false,
        deadline: deadline
      ) { socket in
        if isFinished.exchange(true, ordering: .relaxed) { return .done(0, usedUp: .no) }
        do throws(Errno) {
          try socket.shutdownWrite()
        } catch {
          // Not connected: both sides are gone already, and nothing is left to end.
          if error != .notConnected { return .failed(error) }
        }
        return .done(0, usedUp: .no)
      }
    }
  }

  /// Aborts the connection.
  func reset() { registration.close(.aborted) { socket in try? socket.resetOnClose() } }

  /// Runs an operation and turns its failure into what users see.
  nonisolated(nonsending) func attempt<Result>(
    _ operation: SocketError.Operation,
    _ body: nonisolated(nonsending) () async throws(OperationFailure) -> Result
  ) async throws -> Result {
    do {
      return try await body()
    } catch {
      throw self.error(error, operation)
    }
  }

  /// A failure as users see it.
  ///
  /// - Parameters:
  ///   - failure: The failure.
  ///   - operation: The call that failed.
  ///   - bytesWritten: For a write, what the kernel took.
  /// - Returns: A `SocketError`, or `CancellationError` if the call was cancelled and has had no effect.
  func error(
    _ failure: OperationFailure,
    _ operation: SocketError.Operation,
    bytesWritten: Int? = nil
  ) -> any Error {
    failure.error(
      operation,
      localAddress: localName.address,
      remoteAddress: remoteName.address,
      bytesWritten: bytesWritten
    )
  }
}
