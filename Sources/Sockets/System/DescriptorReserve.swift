internal import Synchronization

/// A descriptor that is kept only to be given up when there is no other: an eventfd, the cheapest there is.
///
/// A listener that has run out leaves it to the rest of the program while it pauses: names are looked up,
/// files are opened, and libdispatch, which runs Swift's task pool, looks at its threads once a second by way
/// of `/proc` and traps if it cannot open anything.
struct DescriptorReserve: ~Copyable, Sendable {
  private let descriptor = Lock<FileDescriptor?>(nil)

  /// Whether there is one: so that who has one need not take the lock.
  private let isKept = Atomic<Bool>(false)

  /// Whether there was one that was given up since.
  private let isOwed = Atomic<Bool>(false)

  /// Keeps one from now on, if one is to be had.
  ///
  /// - Parameter kernel: The system calls.
  /// - Returns: Why one that was given up is not to be had back; `nil` if there is no such debt.
  func keep(_ kernel: Kernel) -> Errno? {
    if isKept.load(ordering: .relaxed) { return nil }
    return descriptor.withLock { descriptor in
      if descriptor?.number != nil { return nil }
      do throws(Errno) {
        descriptor = try FileDescriptor.makeEvent(kernel: kernel)
        isOwed.store(false, ordering: .relaxed)
        isKept.store(true, ordering: .relaxed)
        return nil
      } catch {
        return isOwed.load(ordering: .relaxed) ? error : nil
      }
    }
  }

  /// Closes it, and wakes nobody who waits for a free descriptor: it is for the others.
  ///
  /// - Returns: Whether there was one.
  @discardableResult
  func giveUp() -> Bool {
    let given = descriptor.withLock { descriptor in
      isKept.store(false, ordering: .relaxed)
      return descriptor.take()
    }
    guard let given else { return false }
    isOwed.store(true, ordering: .relaxed)
    given.closeQuietly()
    return true
  }
}
