/// Deadlines in the order of time: a pure value, a binary heap.
///
/// A waiter has one entry, or a second one while its operation has an earlier deadline than one before. An
/// operation that ends before its deadline leaves the entry where it is, and a later operation with a
/// later deadline makes use of it: when the entry falls due and the waiter's deadline has moved on, it
/// is added again. So a deadline on every read of a busy connection
/// costs no heap operation at all.
///
/// Entries of those who are gone stay as well, until they fall due or are the greater part: a sweep then
/// takes them all out, so that each costs little and there are never more than twice those that count.
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

  /// How many entries belong to nobody any more.
  private var abandoned = 0

  /// How few entries are not worth a sweep.
  private static let few = 64

  /// How many entries there are.
  var count: Int { heap.count }

  /// How many of them belong to somebody.
  var living: Int { max(0, heap.count - abandoned) }

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

  /// Takes note that one of the entries belongs to nobody any more.
  mutating func abandonOne() { abandoned += 1 }

  /// Takes note that such an entry has been popped.
  mutating func forgetAbandoned() { abandoned = max(0, abandoned - 1) }

  /// Whether a sweep is worth its while.
  var isMostlyAbandoned: Bool { abandoned > Self.few && abandoned > heap.count / 2 }

  /// Takes out every entry that belongs to nobody.
  ///
  /// - Parameter belongs: Whether an entry belongs to somebody.
  mutating func sweep(_ belongs: (Entry) -> Bool) {
    heap.removeAll { !belongs($0) }
    abandoned = 0
    for parent in (0..<heap.count / 2).reversed() { sink(parent) }
    if heap.capacity > 4 * heap.count { heap = Array(heap) }
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
    sink(0)
    return first
  }

  /// Moves an entry down until nothing below it is earlier.
  private mutating func sink(_ index: Int) {
    var parent = index
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
      guard heap[child].deadline < heap[parent].deadline else { break }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
