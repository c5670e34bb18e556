import Glibc

/// How many threads of our own are alive, so that the library's can be told from them.
let ownThreads = Counter()

/// Runs something on a thread of its own, where it may block.
///
/// - Parameter body: What to run.
/// - Returns: Its result.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    startThread { continuation.resume(returning: body()) }
  }
}

/// Starts a thread that nobody waits for.
///
/// - Parameter body: What it does.
func startThread(_ body: @escaping @Sendable () -> Void) {
  let box = unsafe Unmanaged.passRetained(ThreadBody(body))
  var thread = pthread_t()
  ownThreads.add(1)
  let result = unsafe pthread_create(&thread, nil, threadMain, box.toOpaque())
  precondition(result == 0, "pthread_create: \(result)")
  pthread_detach(thread)
}

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context = unsafe context {
    // SAFETY: the pointer is the retained box of `startThread`, and this is its one release.
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  }
  ownThreads.add(-1)
  return nil
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Lets other threads run.
func yieldThread() { sched_yield() }
