internal import Synchronization

/// Round robin over a fixed number of places.
struct Turn: ~Copyable, Sendable {
  private let calls = Atomic<UInt>(0)

  /// The next place, `0..<count`.
  func next(of count: Int) -> Int {
    Int(calls.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(count))
  }
}
