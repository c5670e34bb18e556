/// Deadlines in the order of time: a pure value, a binary heap.
///
/// A waiter has one entry, or a second one while its operation has an earlier deadline than one before. An
/// operation that ends before its deadline leaves the entry where it is, and a later operation with a
/// later deadline makes use of it: when the entry falls due and the waiter's deadline has moved on, it
/// is added again. So a deadline on every read of a busy connection
/// costs no heap operation at all.
struct TimerQueue {
  /// One deadline of one waiter.
  struct Entry: Equatable {
    /// When, in ``LoopTime``.
    var deadline: Int64
    /// Whose: the registration's token.
    var token: UInt64
    /// Which of its directions.
    var direction: Direction
  }

  private var heap: [Entry] = []

  /// How many entries there are.
  var count: Int { heap.count }

  /// The earliest deadline; `.max` if there is none.
  var earliest: Int64 { heap.first?.deadline ?? .max }

  /// Adds a deadline.
  mutating func add(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].deadline < heap[parent].deadline else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the earliest entry out if it is due.
  ///
  /// - Parameter now: The time, in ``LoopTime``.
  /// - Returns: The entry, or `nil` if none is due.
  mutating func popDue(now: Int64) -> Entry? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    let last = heap.removeLast()
    if heap.isEmpty { return first }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
      guard heap[child].deadline < heap[parent].deadline else { break }
      heap.swapAt(child, parent)
      parent = child
    }
    return first
  }
}
