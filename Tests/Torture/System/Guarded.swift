import Glibc

/// A value behind a pthread lock, which ThreadSanitizer understands (the standard library's `Mutex` it
/// does not).
@safe
final class Guarded<Value: Sendable>: @unchecked Sendable {
  // `@unchecked Sendable`: every access to the value happens between lock and unlock.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  init(_ value: Value) {
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
    self.value = value
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Runs `body` with exclusive access.
  ///
  /// - Parameter body: What to do with the value.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body(&value)
  }

  /// A copy of the value.
  var copy: Value { withLock { $0 } }
}
