internal import CSockets
internal import Glibc

/// One epoll instance, and what wakes who waits for it.
///
/// `add` and `remove` may be called from any thread, also while `wait` sleeps; `wait` belongs to one
/// thread. The corresponding C functions are those of `epoll(7)`.
struct Poller: ~Copyable, Sendable {
  /// The epoll instance.
  private let epoll: FileDescriptor

  /// What ends a wait.
  let wakeUp: WakeUp

  /// The wake-up's token, which no registration has.
  private static let wakeUpToken = UInt64.max

  /// One readiness report.
  struct Event {
    /// The registration that it is for.
    let token: UInt64
    /// Input, an end or an error: whatever lets a read return.
    let readable: Bool
    /// Space or an error: whatever lets a write return.
    let writable: Bool
    /// The peer's end of stream, a hang-up or an error; or urgent data, since a read ends before
    /// its mark, and a short read is then no sign that nothing is left.
    let hangUp: Bool
    /// What of the connection has ended.
    let ends: Ends

    /// Whether it is the wake-up, and for no registration.
    var isWakeUp: Bool { token == Poller.wakeUpToken }

    fileprivate init(_ event: epoll_event) {
      let bits = unsafe event.events
      // An error or a hang-up wakes both sides: the system call, not the event, decides the outcome.
      // RDHUP ends reading only; a writer to a half-closed peer must not be woken to spin.
      let broken = bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
      let readEnd = bits & EPOLLRDHUP.rawValue != 0
      token = unsafe event.data.u64
      let urgent = bits & EPOLLPRI.rawValue != 0
      readable = broken || readEnd || urgent || bits & EPOLLIN.rawValue != 0
      writable = broken || bits & EPOLLOUT.rawValue != 0
      hangUp = broken || readEnd || urgent
      // An error alone is none: it can stand for a message in the error queue.
      let isOver = bits & EPOLLHUP.rawValue != 0
      ends = isOver ? [.incoming, .connection] : readEnd ? .incoming : []
    }
  }

  /// What of a connection has ended, by the peer's doing or by an error.
  struct Ends: OptionSet {
    var rawValue: UInt8
    /// The peer sends no more: it has closed the connection, or ended its direction.
    static let incoming = Ends(rawValue: 1)
    /// Nothing goes either way: it was reset, or both have ended their directions.
    static let connection = Ends(rawValue: 2)
  }

  /// The events of one wait, on storage that is used again for the next.
  ///
  /// `@unchecked Sendable`: the memory behind the pointer has one owner, this value.
  @safe
  struct Events: ~Copyable, @unchecked Sendable {
    /// How many events one wait can report: enough to serve a busy loop in one call, 3 KiB.
    static let capacity = 256

    fileprivate let storage: UnsafeMutableBufferPointer<epoll_event>
    private(set) var count = 0

    init() {
      unsafe storage = .allocate(capacity: Self.capacity)
      unsafe storage.initialize(repeating: epoll_event())
    }

    deinit { unsafe storage.deallocate() }

    subscript(index: Int) -> Event { unsafe Event(storage[index]) }

    fileprivate mutating func fill(_ wait: (UnsafeMutableBufferPointer<epoll_event>) -> Int) {
      let result = unsafe wait(storage)
      if result < 0 {
        // EINTR is "no events": the loop computes its timeout anew and waits again. Any other error
        // would come again at once, for ever, and nobody would be woken.
        let error = Errno(Int32(-result))
        if error != .interrupted { fatalError("epoll_wait: \(error): who has closed it?") }
      }
      count = max(0, result)
    }
  }

  /// Opens the instance.
  ///
  /// - Parameter kernel: The system calls.
  /// - Throws: The error number.
  init(kernel: Kernel) throws(Errno) {
    let epoll = FileDescriptor(
      owning: Int32(try retryingOnInterrupt { kernel.call.epollCreate() }),
      kernel: kernel
    )
    let wakeUp = try WakeUp(kernel: kernel)
    let (instance, wakeNumber) = (epoll.number, wakeUp.number)
    _ = try retryingOnInterrupt {
      kernel.call.epollControl(
        instance,
        EPOLL_CTL_ADD,
        wakeNumber,
        EPOLLIN.rawValue | EPOLLET.rawValue,
        Self.wakeUpToken
      )
    }
    self.epoll = epoll
    self.wakeUp = wakeUp
  }

  /// Registers a descriptor, edge-triggered, for its whole life.
  ///
  /// Only after `connect` or `listen` was called: an idle socket is reported as hung up at once.
  ///
  /// - Parameters:
  ///   - number: The descriptor.
  ///   - token: What its events carry; never the bare number, which the kernel gives out again.
  /// - Throws: The error number; `EPERM` for a file that can't be polled.
  func add(_ number: Int32, token: UInt64) throws(Errno) {
    let bits: EPOLL_EVENTS.RawValue =
      EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLPRI.rawValue
      | EPOLLET.rawValue
    _ = try retryingOnInterrupt {
      epoll.kernel.call.epollControl(epoll.number, EPOLL_CTL_ADD, number, bits, token)
    }
  }

  /// Deregisters a descriptor: always before it is closed, since a duplicate elsewhere would keep the
  /// registration alive under a number that nobody can remove any more.
  func remove(_ number: Int32) {
    _ = try? retryingOnInterrupt {
      epoll.kernel.call.epollControl(epoll.number, EPOLL_CTL_DEL, number, 0, 0)
    }
  }

  /// Waits for events.
  ///
  /// - Parameters:
  ///   - events: Receives them, without the wake-ups.
  ///   - milliseconds: How long at most; -1 for ever, 0 not at all.
  func wait(_ events: inout Events, milliseconds: Int32) {
    unsafe events.fill { buffer in
      unsafe epoll.kernel.call.epollWait(epoll.number, buffer, milliseconds)
    }
  }
}
