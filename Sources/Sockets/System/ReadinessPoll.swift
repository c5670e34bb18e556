internal import CSockets

/// An epoll instance that is asked and never waits: which of a few descriptors are ready now.
///
/// Level-triggered, so asking changes nothing. It can be watched itself: it is readable while one
/// of its descriptors is ready. The kernel drops a descriptor from it that is closed.
///
/// C: `epoll(7)`.
struct ReadinessPoll {
  /// The instance's number, which its owner keeps open.
  let number: Int32
  let kernel: Kernel

  /// What to ask about.
  struct Interests: OptionSet {
    var rawValue: UInt8
    /// Data, a connection, an end or an error.
    static let readable = Interests(rawValue: 1)
    /// Space, or an error.
    static let writable = Interests(rawValue: 2)
    /// Urgent data, or an error.
    static let urgent = Interests(rawValue: 4)
  }

  /// Opens an instance.
  static func make(kernel: Kernel) throws(Errno) -> FileDescriptor {
    FileDescriptor(
      owning: Int32(try retryingOnInterrupt { kernel.call.epollCreate() }),
      kernel: kernel
    )
  }

  /// Adds a descriptor.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, not yet in it.
  ///   - interests: What to ask about.
  ///   - index: What names it in the answer.
  /// - Throws: The error number; `EPERM` for a file that can't be polled.
  func add(_ descriptor: Int32, _ interests: Interests, index: Int) throws(Errno) {
    var bits: EPOLL_EVENTS.RawValue = 0
    if interests.contains(.readable) { bits |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
    if interests.contains(.writable) { bits |= EPOLLOUT.rawValue }
    if interests.contains(.urgent) { bits |= EPOLLPRI.rawValue }
    _ = try retryingOnInterrupt {
      kernel.call.epollControl(number, EPOLL_CTL_ADD, descriptor, bits, UInt64(index))
    }
  }

  /// Asks.
  ///
  /// - Parameters:
  ///   - count: How many descriptors it has.
  ///   - body: Called for each that is ready, with its index and what it is ready for.
  func ask(count: Int, _ body: (Int, Interests) -> Void) {
    unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: max(1, count)) { events in
      let found = unsafe kernel.call.epollWait(number, events, 0)
      for index in 0..<max(0, found) {
        let (bits, name) = unsafe (events[index].events, Int(events[index].data.u64))
        var ready: Interests = []
        if bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 {
          ready = [.readable, .writable, .urgent]
        }
        if bits & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 { ready.insert(.readable) }
        if bits & EPOLLOUT.rawValue != 0 { ready.insert(.writable) }
        if bits & EPOLLPRI.rawValue != 0 { ready.insert(.urgent) }
        body(name, ready)
      }
    }
  }
}

/// Duplicates of descriptors of someone else, closed together.
struct DuplicateDescriptors: ~Copyable {
  private var numbers: [Int32] = []
  private let kernel: Kernel

  init(kernel: Kernel) { self.kernel = kernel }

  deinit {
    for number in numbers { _ = FileDescriptor(owning: number, kernel: kernel) }
  }

  /// Duplicates a descriptor.
  ///
  /// C: `fcntl(2)` with `F_DUPFD_CLOEXEC`.
  ///
  /// - Parameter number: The descriptor.
  /// - Returns: The duplicate, which this value closes.
  /// - Throws: The error number.
  mutating func add(_ number: Int32) throws(Errno) -> Int32 {
    let duplicate = Int32(try retryingOnInterrupt { kernel.call.duplicate(number) })
    numbers.append(duplicate)
    return duplicate
  }
}
