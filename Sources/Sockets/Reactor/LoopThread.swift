internal import Synchronization

/// The thread that runs a loop, once it does.
final class LoopThread: Sendable {
  /// A ``Thread/current``; 0 for none.
  private let thread = Atomic<UInt>(0)

  /// Makes it the calling thread.
  func begin() { thread.store(Thread.current, ordering: .relaxed) }

  /// Whether it is the calling thread.
  @inline(__always)
  var isCurrent: Bool { thread.load(ordering: .relaxed) == Thread.current }
}
