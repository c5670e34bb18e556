internal import CSockets

/// Threads of the library's own, where a system call may sleep: never a thread of Swift's task pool,
/// which is as wide as the machine and does not grow.
enum Thread {
  /// Which thread is running, a number unique among the living ones: where its thread-local memory lies.
  static var current: UInt { UInt(csockets_thread_self()) }

  /// A pointer of the calling thread's own: what it runs, if the library has started it.
  static var local: UnsafeMutableRawPointer? {
    get { unsafe csockets_thread_local() }
    set { unsafe csockets_set_thread_local(newValue) }
  }

  /// How many processors this process may run on.
  ///
  /// C: `sched_getaffinity(2)`.
  static var processorCount: Int { Int(csockets_processor_count()) }

  /// Sleeps: only on a thread that has nothing else to do.
  ///
  /// C: `nanosleep(2)`.
  static func sleep(nanoseconds: Int64) { csockets_thread_sleep(nanoseconds) }

  /// Starts a detached thread.
  ///
  /// C: `pthread_create(3)`.
  ///
  /// - Parameters:
  ///   - name: What `ps -L` shows, at most 15 bytes.
  ///   - body: What the thread does.
  /// - Throws: The error number.
  static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
    let box = unsafe Unmanaged.passRetained(Body(body))
    let result = unsafe csockets_thread_start(
      name,
      { context in
        guard let context = unsafe context else { return }
        // SAFETY: the pointer is the retained box from below, and this is its one release.
        unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
      },
      box.toOpaque()
    )
    guard result < 0 else { return }
    unsafe box.release()
    throw Errno(Int32(-result))
  }

  /// A closure on the heap, to pass through a C pointer.
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
