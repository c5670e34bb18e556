internal import Glibc
internal import Synchronization

#if SOCKETS_PTHREAD_LOCK
  /// A value behind a lock, in the form for ThreadSanitizer builds.
  ///
  /// ThreadSanitizer does not see the futex inside `Mutex` and reports races that are none; it does
  /// understand a pthread lock.
  @safe
  package struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // `@unchecked Sendable`: every access to the value happens between lock and unlock.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    package init(_ initial: consuming sending Value) {
      unsafe mutex = .allocate(capacity: 1)
      unsafe mutex.initialize(to: pthread_mutex_t())
      unsafe pthread_mutex_init(mutex, nil)
      unsafe value = .allocate(capacity: 1)
      unsafe value.initialize(to: initial)
    }

    deinit {
      unsafe pthread_mutex_destroy(mutex)
      unsafe mutex.deallocate()
      unsafe value.deinitialize(count: 1)
      unsafe value.deallocate()
    }

    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      unsafe pthread_mutex_lock(mutex)
      defer { unsafe pthread_mutex_unlock(mutex) }
      return try unsafe body(&value.pointee)
    }
  }
#else
  /// A value behind a lock: the only lock of the package.
  ///
  /// Nothing is awaited, resumed or cancelled, and no closure of a user is called, while one is held.
  package struct Lock<Value: ~Copyable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>

    package init(_ initial: consuming sending Value) { mutex = Mutex(initial) }

    /// Runs `body` with exclusive access to the value.
    ///
    /// - Parameter body: What to do with the value.
    /// - Returns: The body's result.
    /// - Throws: The body's error.
    @inline(__always)
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      try mutex.withLock(body)
    }
  }
#endif
