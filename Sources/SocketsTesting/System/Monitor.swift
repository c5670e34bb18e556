internal import CSocketsTesting

/// A lock, and a condition to wait for while it is held.
///
/// Not the library's `Lock`: the thread of a simulated network sleeps on it, where that of a real reactor sleeps in
/// the kernel.
@safe
final class Monitor: @unchecked Sendable {
  // `@unchecked Sendable`: the pointer is constant, and what it points to is made for several threads.
  private let monitor: OpaquePointer

  init() {
    guard let monitor = unsafe csocketstesting_monitor_create() else {
      preconditionFailure("no memory for a lock")
    }
    unsafe self.monitor = monitor
  }

  deinit { unsafe csocketstesting_monitor_destroy(monitor) }

  /// Runs a body that nobody else's comes in between.
  func locked<Result>(_ body: () -> Result) -> Result {
    unsafe csocketstesting_monitor_lock(monitor)
    defer { unsafe csocketstesting_monitor_unlock(monitor) }
    return body()
  }

  /// Waits for ``notify()``, while others may have the lock.
  func wait() { unsafe csocketstesting_monitor_wait(monitor) }

  /// Ends all waits.
  func notify() { unsafe csocketstesting_monitor_notify(monitor) }
}

/// The time that the calling thread sees.
enum ThreadTime {
  /// Sets it, in nanoseconds since a simulation began.
  ///
  /// C: `clock_gettime(2)`.
  static func set(_ nanoseconds: Int64) { csocketstesting_set_time(nanoseconds) }
}
