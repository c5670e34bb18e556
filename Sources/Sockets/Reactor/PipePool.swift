/// Pipes for relays, lent for as long as bytes are in them: a relay that waits for its peers holds none.
struct PipePool: ~Copyable, Sendable {
  /// How many pipes one reactor has at most, lent ones included: two descriptors each, and up to a
  /// mebibyte of the kernel's memory while a slow receiver leaves bytes in it.
  ///
  /// Relays that find none left copy.
  private static let capacity = 16

  // Not private: that makes Swift 6.3.1 crash, which needs its layout in other files.
  struct State {
    /// Empty pipes.
    var spare: [Pipe] = []
    /// How many pipes there are, lent ones included.
    var count = 0
  }

  private let state = Lock(State())

  /// Lends an empty pipe.
  ///
  /// - Parameter kernel: The system calls to open one with.
  /// - Returns: The pipe; `nil` if there is none to spare, and none can be opened.
  borrowing func lend(_ kernel: Kernel) -> Pipe? {
    let (spare, mayOpen) = state.withLock { state -> (Pipe?, Bool) in
      if let spare = state.spare.popLast() { return (spare, false) }
      guard state.count < Self.capacity else { return (nil, false) }
      state.count += 1
      return (nil, true)
    }
    guard mayOpen else { return spare }
    let made = try? Pipe.make(kernel: kernel)
    if made == nil { giveBack(nil) }
    return made
  }

  /// Takes a pipe back.
  ///
  /// - Parameter pipe: The pipe, empty; `nil` for one that is no longer fit to be lent.
  borrowing func giveBack(_ pipe: Pipe?) {
    state.withLock { state in
      if let pipe { state.spare.append(pipe) } else { state.count -= 1 }
    }
  }
}
