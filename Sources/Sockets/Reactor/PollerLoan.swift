internal import Synchronization

/// Who looks at epoll: the loop's own thread, or the tasks that it has just woken.
///
/// It is lent to a number of tasks. Each that parks again is one less, and some of those look at epoll on behalf of
/// all: the last one does, and every 64th. For what they find the loan goes on. It ends when the last one
/// finds nothing, or when the loop's thread wants it back.
///
/// A look more than these does no harm, by the loop's thread either: any thread may look at any time.
struct PollerLoan: ~Copyable, Sendable {
  /// How many tasks have not parked yet, and one more for each thread that makes others go on; 0 when nothing is lent.
  private let holders = Atomic<Int>(0)

  /// How often somebody has looked so far.
  private let looks = Atomic<UInt64>(0)

  /// For how many tasks they have found something so far.
  private let finds = Atomic<UInt64>(0)

  /// Whether it is lent.
  @inline(__always)
  var isLent: Bool { holders.load(ordering: .relaxed) != 0 }

  /// How often somebody has looked so far.
  var lookCount: UInt64 { looks.load(ordering: .relaxed) }

  /// For how many tasks they have found something so far.
  var findCount: UInt64 { finds.load(ordering: .relaxed) }

  /// Lends it: by the loop's thread only, while it is not lent.
  ///
  /// - Parameter count: To how many tasks, and to the caller until it says ``release()``.
  func begin(_ count: Int) { holders.store(count + 1, ordering: .releasing) }

  /// Takes it back.
  func end() { holders.store(0, ordering: .releasing) }

  /// Takes note that a task has parked.
  ///
  /// - Returns: Whether its thread is to look. It then goes on to count until it says ``release()``.
  func park() -> Bool {
    change { holders in
      if holders == 1 || holders.isMultiple(of: 64) { return true }
      holders -= 1
      return false
    }
  }

  /// Takes note of a look, and lends it to the tasks for which something was found, unless it is not lent any more.
  func extend(_ count: Int) {
    _ = change { holders in
      holders += count
      return true
    }
    looks.add(1, ordering: .relaxed)
    finds.add(UInt64(count), ordering: .relaxed)
  }

  /// Counts one less.
  ///
  /// - Returns: Whether that was the last one, so that the loan has ended.
  func release() -> Bool {
    change { holders in
      holders -= 1
      return holders == 0
    }
  }

  /// Changes the number while it is lent.
  ///
  /// - Returns: What the change says; `false` if it is not lent.
  @inline(__always)
  private func change(_ body: (inout Int) -> Bool) -> Bool {
    var current = holders.load(ordering: .relaxed)
    while current > 0 {
      var changed = current
      let result = body(&changed)
      let (exchanged, found) = holders.weakCompareExchange(
        expected: current,
        desired: changed,
        ordering: .acquiringAndReleasing
      )
      if exchanged { return result }
      current = found
    }
    return false
  }
}
