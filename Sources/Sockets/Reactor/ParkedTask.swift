/// A suspended task, to be resumed exactly once.
///
/// An unchecked continuation: one pointer, no allocation. That each is resumed exactly once follows
/// from ``WaiterState``, whose transitions are tested in every order.
@safe
struct ParkedTask: Sendable {
  private let continuation: UnsafeContinuation<Void, Never>

  /// Takes over a continuation.
  init(_ continuation: UnsafeContinuation<Void, Never>) { unsafe self.continuation = continuation }

  /// Lets the task go on, on the executor that it prefers.
  func resume() { unsafe continuation.resume() }

  /// The continuation as a number, to be kept in an atomic.
  var bits: UInt { unsafe unsafeBitCast(continuation, to: UInt.self) }

  /// The task whose ``bits`` these are.
  init(bits: UInt) {
    // SAFETY: an `UnsafeContinuation` is one pointer (the cast traps if it ever is not), and the bits
    // come from `bits`; `Waiter` hands each out once.
    unsafe continuation = unsafeBitCast(bits, to: UnsafeContinuation<Void, Never>.self)
  }

  /// A number for the current task, which no other task has at the same time; 0 outside of all tasks.
  static var current: UInt {
    // SAFETY: an `UnsafeCurrentTask` is one pointer (the cast traps if it ever is not), here no more than a
    // number to be compared.
    unsafe withUnsafeCurrentTask { task in unsafe unsafeBitCast(task, to: UInt.self) }
  }
}
