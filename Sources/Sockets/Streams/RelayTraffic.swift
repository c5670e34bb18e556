internal import Synchronization

/// How many bytes a relay has moved, each way: to look at from any task, while it runs and when it has
/// ended, however it did.
///
/// ```swift
/// let traffic = RelayTraffic()
/// defer { print("\(traffic.forward) bytes there, \(traffic.backward) back") }
/// try await relay(client, server, traffic: traffic)
/// ```
///
/// A byte counts once the receiving stream has it. Relays that are given the same object one after the
/// other add up.
public final class RelayTraffic: Sendable {
  private let forwardBytes = Atomic<Int>(0)
  private let backwardBytes = Atomic<Int>(0)

  /// When a byte was last moved, in ``LoopTime``.
  private let lastMove = Atomic<Int64>(.min)

  /// Creates an object that counts from zero.
  public init() {}

  /// Bytes from the first stream to the second so far.
  public var forward: Int { forwardBytes.load(ordering: .relaxed) }

  /// Bytes from the second stream to the first so far.
  public var backward: Int { backwardBytes.load(ordering: .relaxed) }

  /// Takes note of bytes that were passed on, and of the time if somebody asks for it.
  func add(_ count: Int, isForward: Bool, isTimed: Bool = true) {
    if isForward {
      forwardBytes.wrappingAdd(count, ordering: .relaxed)
    } else {
      backwardBytes.wrappingAdd(count, ordering: .relaxed)
    }
    if isTimed { lastMove.store(LoopTime.now, ordering: .relaxed) }
  }

  /// When a relay is idle if no byte moves any more, in ``LoopTime``; `.max` for never.
  ///
  /// - Parameters:
  ///   - limit: How long it may be that no byte moves, in nanoseconds.
  ///   - start: When the relay has begun.
  /// - Returns: The time.
  func idleEnd(_ limit: Int64, since start: Int64) -> Int64 {
    let last = max(start, lastMove.load(ordering: .relaxed))
    let (end, isNever) = last.addingReportingOverflow(limit)
    return isNever ? .max : end
  }

  /// Waits until a relay's time is over.
  ///
  /// - Parameters:
  ///   - idleLimit: How long it may be that no byte moves; `nil` for any time.
  ///   - deadline: When its time is over in any case; `nil` for never.
  /// - Throws: That it is over; or that the task was cancelled, or that there is no reactor.
  nonisolated(nonsending) func expire(
    idleLimit: Duration?,
    deadline: ContinuousClock.Instant?
  ) async throws {
    let limit = idleLimit.map(LoopTime.nanoseconds) ?? .max
    let start = LoopTime.now
    let loop = try EventLoop.nearest()
    do throws(OperationFailure) {
      try await loop.retry(deadline: deadline) {
        let end = idleEnd(limit, since: start)
        return end <= LoopTime.now ? .done(0, usedUp: .yes) : .later(end)
      }
    } catch {
      throw error.error(.relay)
    }
    let detail = idleLimit.map { "no byte moved for \($0)" }
    throw SocketError(.timedOut, operation: .relay, detail: detail)
  }
}
