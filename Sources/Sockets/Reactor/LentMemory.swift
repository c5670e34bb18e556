/// Memory of this process that the kernel still sends from, of one descriptor.
///
/// It belongs to the descriptor, not to whoever writes: until that is closed, by the last who holds it open, the kernel
/// goes on sending.
final class LentMemory: Sendable {
  private struct State {
    /// How many sends the kernel is not done with.
    var outstanding = 0
    /// The arrays that it may still read.
    var kept: [[UInt8]] = []
  }

  private let state = Lock(State())

  /// Whether the kernel may still send from any.
  var isLent: Bool { state.withLock { $0.outstanding > 0 } }

  /// Keeps an array for one send more.
  func lend(_ bytes: [UInt8]) {
    state.withLock { state in
      state.outstanding += 1
      state.kept.append(bytes)
    }
  }

  /// Takes note that the kernel is done with so many sends; when it is with all, their arrays may go.
  func takeBack(_ count: Int) {
    let released = state.withLock { state -> [[UInt8]] in
      state.outstanding -= count
      guard state.outstanding == 0 else { return [] }
      defer { state.kept = [] }
      return state.kept
    }
    _ = released  // freed here, outside the lock
  }
}
