/// What is to happen later in a simulated network: a heap, by time, and in order of scheduling at the same time.
struct EventQueue {
  /// Something that is to happen, unless it is called off.
  final class Event {
    let time: Int64
    fileprivate let number: UInt64
    private(set) var action: (() -> Void)?

    fileprivate init(_ time: Int64, _ number: UInt64, _ action: @escaping () -> Void) {
      (self.time, self.number, self.action) = (time, number, action)
    }

    /// Calls it off: the time does not stop for it.
    func cancel() { action = nil }

    fileprivate func precedes(_ other: Event) -> Bool {
      time == other.time ? number < other.number : time < other.time
    }
  }

  private var heap: [Event] = []
  private var count: UInt64 = 0

  /// Adds something.
  @discardableResult
  mutating func add(at time: Int64, _ action: @escaping () -> Void) -> Event {
    count += 1
    let event = Event(time, count, action)
    heap.append(event)
    var index = heap.count - 1
    while index > 0, heap[index].precedes(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
    return event
  }

  /// When the next happens; `nil` if nothing is to happen.
  mutating func nextTime() -> Int64? {
    while let first = heap.first, first.action == nil { removeFirst() }
    return heap.first?.time
  }

  /// Takes the next, if its time has come.
  mutating func popDue(_ now: Int64) -> (() -> Void)? {
    guard let time = nextTime(), time <= now else { return nil }
    let action = heap[0].action
    removeFirst()
    return action
  }

  /// Calls everything off: who waits for it may be held by nothing else.
  mutating func removeAll() {
    for event in heap { event.cancel() }
    heap.removeAll()
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      let left = 2 * index + 1
      guard left < heap.count else { return }
      let right = left + 1
      let child = right < heap.count && heap[right].precedes(heap[left]) ? right : left
      guard heap[child].precedes(heap[index]) else { return }
      heap.swapAt(index, child)
      index = child
    }
  }
}
