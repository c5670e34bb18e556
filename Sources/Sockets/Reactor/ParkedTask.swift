/// A suspended task, to be resumed exactly once.
///
/// An unchecked continuation: one pointer, no allocation. That each is resumed exactly once follows
/// from ``WaiterState``, whose transitions are tested in every order.
@safe
struct ParkedTask: Sendable {
  private let continuation: UnsafeContinuation<Void, Never>

  /// Takes over a continuation.
  init(_ continuation: UnsafeContinuation<Void, Never>) { unsafe self.continuation = continuation }

  /// Suspends the current task.
  ///
  /// - Parameter body: Takes the task, to resume it now or later.
  @inline(__always)
  static nonisolated(nonsending) func suspend(_ body: (ParkedTask) -> Void) async {
    #if compiler(<6.4)
      // The form without a parameter for the caller's isolation. The other one has the runtime look for the
      // executor that the task prefers once more before each sleep, to find that it runs there already: 5 % of what an
      // echo costs outside of the kernel.
      await unsafe _unsafeInheritExecutor_withUnsafeContinuation { continuation in
        body(unsafe ParkedTask(continuation))
      }
    #else
      await unsafe withUnsafeContinuation { continuation in
        body(unsafe ParkedTask(continuation))
      }
    #endif
  }

  /// Suspends the current task, with something to be called when it is cancelled, or at once if it is already.
  ///
  /// - Parameters:
  ///   - handler: Called on whatever thread cancels the task; not any more once this returns.
  ///   - body: Takes the task, to resume it now or later.
  @inline(__always)
  static nonisolated(nonsending) func suspend(
    onCancel handler: @Sendable () -> Void,
    _ body: (ParkedTask) -> Void
  ) async {
    #if compiler(<6.4)
      let record = CancellationRecord.add(handler)
      await suspend(body)
      record.remove()
    #else
      await withTaskCancellationHandler {
        await suspend(body)
      } onCancel: {
        handler()
      }
    #endif
  }

  /// Lets the task go on, on the executor that it prefers.
  func resume() { unsafe continuation.resume() }

  /// The continuation as a number, to be kept in an atomic: the task's, see ``current``.
  var bits: UInt { unsafe unsafeBitCast(continuation, to: UInt.self) }

  /// The task whose ``bits`` these are.
  init(bits: UInt) {
    // SAFETY: an `UnsafeContinuation` is one pointer (the cast traps if it ever is not), and the bits
    // come from `bits`; `Waiter` hands each out once.
    unsafe continuation = unsafeBitCast(bits, to: UnsafeContinuation<Void, Never>.self)
  }

  /// A number for the current task, which no other task has at the same time; 0 outside of all tasks.
  static var current: UInt {
    // SAFETY: an `UnsafeCurrentTask` is one pointer, to the task as an `UnsafeContinuation` is (the cast traps if it
    // ever is not one), here no more than a number to be compared.
    unsafe withUnsafeCurrentTask { task in unsafe unsafeBitCast(task, to: UInt.self) }
  }
}
