internal import Synchronization

/// What wakes the thread that waits for a ``Poller``: an eventfd, which any thread may write.
///
/// An object of its own, and not a part of the loop that it wakes: by the time a thread writes it, the loop may have gone
/// on by itself, run its last job and ended. Whoever is to write it takes it along from under the loop's lock.
///
/// The corresponding C function is `eventfd(2)`.
final class WakeUp: Sendable {
  private let descriptor: FileDescriptor

  private let count = Atomic<UInt64>(0)

  /// Opens it.
  ///
  /// - Parameter kernel: The system calls.
  /// - Throws: The error number.
  init(kernel: Kernel) throws(Errno) { descriptor = try .makeEvent(kernel: kernel) }

  /// The descriptor that is readable once it was written.
  var number: Int32 { descriptor.number }

  /// How often it was written.
  var writes: UInt64 { count.load(ordering: .relaxed) }

  /// Ends the current wait, or the next one: from any thread.
  func write() {
    count.add(1, ordering: .relaxed)
    _ = repeatingOnInterrupt { descriptor.kernel.call.eventWrite(descriptor.number) }
  }

  /// Takes note of it: its counter is read, so that the next write makes a new edge.
  func consume() {
    _ = repeatingOnInterrupt { descriptor.kernel.call.eventRead(descriptor.number) }
  }

  /// Waits for it alone, and takes note of it.
  ///
  /// - Parameter nanoseconds: How long at most.
  /// - Returns: Whether it came.
  func wait(nanoseconds: Int64) -> Bool {
    guard descriptor.kernel.call.waitForInput(descriptor.number, nanoseconds) > 0 else {
      return false
    }
    consume()
    return true
  }
}
