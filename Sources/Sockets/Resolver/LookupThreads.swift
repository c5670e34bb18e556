/// Threads of the library's own for calls that block: at most so many, started when there is work and
/// ended when there is none.
///
/// Never a thread of Swift's task pool: two look-ups that no name server answers would stop a whole
/// program on a machine of two processors.
///
/// Starting a thread costs a small part of the shortest look-up, so none is kept idle.
final class LookupThreads: Sendable {
  /// Those of the process.
  static let shared = LookupThreads(limit: 4, queueLimit: 256)

  /// The most threads at a time.
  private let limit: Int

  /// The most calls that wait for a thread.
  private let queueLimit: Int

  private let state = Lock(State())

  private struct State {
    /// Calls that wait for a thread, the oldest first.
    var queue: [(number: UInt64, run: @Sendable () -> Void)] = []
    /// The number of the last call that was queued.
    var last: UInt64 = 0
    /// How many threads are running.
    var threads = 0

    /// Queues a call: only while there is a thread, which will come to it.
    mutating func append(_ run: @escaping @Sendable () -> Void, upTo limit: Int) -> UInt64? {
      guard queue.count < limit else { return nil }
      last += 1
      queue.append((last, run))
      return last
    }
  }

  init(limit: Int, queueLimit: Int) {
    self.limit = limit
    self.queueLimit = queueLimit
  }

  /// How many threads run now, and how many calls wait for one.
  var counts: (threads: Int, queued: Int) { state.withLock { ($0.threads, $0.queue.count) } }

  /// Runs a call on one of the threads.
  ///
  /// If cancelled, or out of time, it returns at once: a call that still waits for a thread leaves
  /// the queue; one that runs is left to itself, and its result is dropped.
  ///
  /// - Parameters:
  ///   - deadline: When to give up; `nil` for never.
  ///   - call: The call; it may block.
  /// - Returns: The call's result.
  /// - Throws: `CancellationError` or `SocketError`.
  nonisolated(nonsending) func run<Result: Sendable>(
    deadline: ContinuousClock.Instant?,
    _ call: @escaping @Sendable () -> Result
  ) async throws -> Result {
    let pending = Pending<Result>()
    let reactor = try Reactor.nextShared()
    do throws(OperationFailure) {
      if Task.isCancelled { throw .cancelled }
      let alarm = try reactor.loop.register(nil, initial: .waiting)
      defer { alarm.close() }
      guard
        let number = try enqueue({
          pending.result.withLock { [value = call()] in $0 = value }
          alarm.signal(.read)
        })
      else {
        throw .failed(.noBufferSpace)
      }
      do throws(OperationFailure) {
        _ = try await alarm.perform(.read, whenBusy: .fail, deadline: deadline) { _ in
          .done(0, usedUp: .yes)
        }
      } catch {
        state.withLock { $0.queue.removeAll { $0.number == number } }
        // A result that was there in time wins.
        guard pending.result.withLock({ $0 != nil }) else { throw error }
      }
      guard let result = pending.result.withLock({ $0 }) else { throw .closed }
      return result
    } catch .failed(.noBufferSpace) {
      throw SocketError(
        .resolverBusy,
        operation: .resolve,
        detail: "\(limit) are in progress, \(queueLimit) wait"
      )
    } catch {
      throw error.error(.resolve)
    }
  }

  /// A result on its way from a thread to a task.
  private final class Pending<Result: Sendable>: Sendable {
    let result = Lock<Result?>(nil)
  }

  /// Starts a thread for a call if there may be another one, and queues the call otherwise.
  ///
  /// - Returns: The call's number, 0 if it has a thread already; `nil` if the queue is full.
  private func enqueue(_ run: @escaping @Sendable () -> Void) throws(OperationFailure) -> UInt64? {
    try failing { () throws(Errno) in
      // Started under the lock: a call queues only behind threads that run.
      try state.withLock { (state) throws(Errno) -> UInt64? in
        guard state.threads < limit else { return state.append(run, upTo: queueLimit) }
        do throws(Errno) {
          try Thread.start(name: "resolver") { self.work(run) }
          state.threads += 1
          return 0
        } catch {
          // The kernel allows no further thread: those that run take the call, if there are any.
          if state.threads == 0 { throw error }
          return state.append(run, upTo: queueLimit)
        }
      }
    }
  }

  /// Makes calls until none waits: the body of a thread.
  private func work(_ first: @Sendable () -> Void) {
    first()
    while true {
      let next = state.withLock { state -> (@Sendable () -> Void)? in
        guard !state.queue.isEmpty else {
          state.threads -= 1
          return nil
        }
        return state.queue.removeFirst().run
      }
      guard let next else { return }
      next()
    }
  }
}
