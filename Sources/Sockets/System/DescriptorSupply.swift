internal import Synchronization

/// Tells those who wait for a free descriptor that this process has just closed one.
///
/// With edge-triggered epoll no event comes when descriptors become free again, so a listener that
/// ran out waits on a timer; this wakes it at once when the descriptor was one of ours.
enum DescriptorSupply {
  /// How many wait: `close` looks here, and nowhere else while it is 0.
  private static let waiting = Atomic<Int>(0)

  /// What to call, by the waiter's number.
  private static let waiters = Lock<(next: UInt64, wake: [UInt64: @Sendable () -> Void])>((0, [:]))

  /// Asks to be woken at each close from now on.
  ///
  /// - Parameter wake: Called from whichever thread closes; it may be called once more after
  ///   `unsubscribe`.
  /// - Returns: The number to unsubscribe with.
  static func subscribe(_ wake: @escaping @Sendable () -> Void) -> UInt64 {
    let number = waiters.withLock { waiters in
      waiters.next += 1
      waiters.wake[waiters.next] = wake
      return waiters.next
    }
    waiting.add(1, ordering: .sequentiallyConsistent)
    return number
  }

  /// Asks no more.
  ///
  /// - Parameter subscription: The number, which is `nil` then; `nil` for none.
  static func unsubscribe(_ subscription: inout UInt64?) {
    guard let number = subscription.take() else { return }
    waiting.subtract(1, ordering: .sequentiallyConsistent)
    waiters.withLock { $0.wake[number] = nil }
  }

  /// Says that a descriptor of this process was closed.
  static func descriptorClosed() {
    guard waiting.load(ordering: .sequentiallyConsistent) > 0 else { return }
    let wake = waiters.withLock { Array($0.wake.values) }
    for wake in wake { wake() }
  }
}
