/// Something that runs in a child task, so that it can be cancelled while the task around it goes on.
///
/// A task cannot be cancelled for a part of its life: what is to be cancelled by itself has to be a task of
/// its own. The task around it waits meanwhile, for the child's end or for the reason to cancel it,
/// on an alarm of the reactor: so no third task is needed to watch the time. An `async let` child lives in
/// its parent's memory, and leaving its scope cancels it and waits for it, which is all there is to do.
final class CancellableBody<Success: Sendable, Failure: Error>: Sendable {
  /// How it has ended, once it has.
  private let result = Lock<Result<Success, Failure>?>(nil)

  /// Signalled at its end, and when there may be a reason to cancel it; `nil` if there is one already.
  private let alarm: Registration?

  init(alarm: Registration?) { self.alarm = alarm }

  /// Runs the body to its end, cancelled or not.
  ///
  /// - Parameters:
  ///   - deadline: When to cancel it; `nil` for never.
  ///   - isOver: Whether there is another reason to; asked whenever the alarm is signalled.
  ///   - operation: The body.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  nonisolated(nonsending) func run(
    deadline: ContinuousClock.Instant?,
    isOver: () -> Bool = { false },
    _ operation: @Sendable () async throws(Failure) -> Success
  ) async throws(Failure) -> Success {
    await race(deadline, isOver, operation)
    return try end()
  }

  /// Runs the body to its end, and cancels it when a clock says so that the reactor does not have.
  nonisolated(nonsending) func run<Time: Clock>(
    expiration: Time.Instant,
    tolerance: Time.Instant.Duration?,
    clock: Time,
    _ operation: @Sendable () async throws(Failure) -> Success
  ) async throws(Failure) -> Success {
    await withoutActuallyEscaping(operation) { operation in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.execute(operation) }
        group.addTask { try? await clock.sleep(until: expiration, tolerance: tolerance) }
        await group.next()
        group.cancelAll()
      }
    }
    return try end()
  }

  private nonisolated(nonsending) func race(
    _ deadline: ContinuousClock.Instant?,
    _ isOver: () -> Bool,
    _ operation: @Sendable () async throws(Failure) -> Success
  ) async {
    async let child: Void = execute(operation)
    while let alarm, !hasEnded, !isOver() {
      do throws(OperationFailure) {
        _ = try await alarm.perform(.read, whenBusy: .fail, deadline: deadline) { _ in
          .done(0, usedUp: .yes)
        }
      } catch {
        return  // out of time, or cancelled from outside, which the child is then too
      }
    }
    if hasEnded { await child }
  }

  private nonisolated(nonsending) func execute(
    _ operation: @Sendable () async throws(Failure) -> Success
  ) async {
    let result: Result<Success, Failure>
    do throws(Failure) {
      result = .success(try await operation())
    } catch {
      result = .failure(error)
    }
    self.result.withLock { $0 = result }
    alarm?.signal(.read)
  }

  private var hasEnded: Bool { result.withLock { $0 != nil } }

  private func end() throws(Failure) -> Success {
    guard let result = result.withLock({ $0 }) else {
      preconditionFailure("a child task has ended before its body")
    }
    return try result.get()
  }
}
