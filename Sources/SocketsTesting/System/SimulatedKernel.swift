internal import CSockets
internal import Glibc
internal import Sockets

/// A kernel in memory: descriptors, sockets, epoll, and a clock that goes only while nobody has anything to do.
///
/// It stands behind the library's one table of system calls, so that everything above that table is the real
/// thing. The calls come from any thread, one at a time; ``wait(on:into:milliseconds:)`` comes from the thread of the
/// one reactor, and it alone moves the clock.
///
/// `@unchecked Sendable`: everything but the constants is touched only while ``monitor`` is held.
final class SimulatedKernel: @unchecked Sendable {
  let monitor = Monitor()

  /// How long the simulation has lasted, in nanoseconds.
  private(set) var now: Int64 = 0

  /// What is to happen.
  var events = EventQueue()

  /// Where all chance comes from.
  var generator: SplitMix64

  /// How system calls may behave.
  var calls = CallFaults()

  /// How large the buffers of new sockets are, in bytes.
  var sendBuffer = 212_992
  var receiveBuffer = 212_992

  /// How many descriptors the program may have open.
  var descriptorLimit = 1_048_576

  /// The epoll instance of the reactor: the first that was made.
  private var reactorEpoll: SimulatedEpoll?

  /// The thread of the reactor, the first that waits on it; others may look, and keep the real time.
  private var reactorThread: pthread_t?

  /// The descriptors that the reactor has for itself: its epoll instance and its wake-up.
  private static let reactorDescriptors = 2

  var table = DescriptorTable()

  /// The ways between hosts, and who is at their ends.
  var fabric = Fabric()

  /// Who has which name.
  var names = NameTable()

  /// Who has the lock on which directory.
  var lockedDirectories: [[UInt8]: SimulatedDirectory] = [:]

  /// The ends of all connections between hosts that have not ended, by number.
  private var ends: [UInt64: StreamEnd] = [:]
  private var endCount: UInt64 = 0

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  /// Takes everything apart: at the end of the simulation.
  func tearDown() {
    monitor.locked {
      events.removeAll()
      for end in ends.values { end.peer = nil }
      ends.removeAll()
      names = NameTable()
    }
  }

  // Descriptors

  /// How many descriptors the program has open.
  var openCount: Int { table.count - Self.reactorDescriptors }

  /// Gives a file a number.
  ///
  /// - Returns: The number, or the negated error number.
  func open(_ file: SimulatedFile) -> Int {
    guard openCount < descriptorLimit else { return -Int(EMFILE) }
    return Int(table.add(file))
  }

  func close(_ number: Int32) -> Int {
    guard let file = table.remove(number) else { return -Int(EBADF) }
    if file.references == 0 {
      for watch in file.watches { watch.epoll.forget(watch) }
      file.end()
    }
    return 0
  }

  /// Opens an epoll instance; the first is the reactor's.
  func openEpoll() -> Int {
    let epoll = SimulatedEpoll(self)
    if reactorEpoll == nil { reactorEpoll = epoll }
    return open(epoll)
  }

  // Connections

  /// Takes note of a new end of a connection, until it has ended.
  func register(_ end: StreamEnd) -> UInt64 {
    endCount += 1
    ends[endCount] = end
    return endCount
  }

  /// Forgets an end.
  func forget(_ end: StreamEnd) { ends[end.number] = nil }

  /// All of them, in the order in which they came about.
  var allEnds: [StreamEnd] { ends.keys.sorted().compactMap { ends[$0] } }

  // Time

  /// Lets something happen after so many nanoseconds.
  @discardableResult
  func after(_ nanoseconds: Int64, _ action: @escaping () -> Void) -> EventQueue.Event {
    at(now + nanoseconds, action)
  }

  /// Lets something happen at a time.
  @discardableResult
  func at(_ time: Int64, _ action: @escaping () -> Void) -> EventQueue.Event {
    let event = events.add(at: max(now, time), action)
    monitor.notify()
    return event
  }

  /// A moment: up to a millisecond, as chance says.
  func moment() -> Int64 { Int64.random(in: 0...1_000_000, using: &generator) }

  /// Reports an edge to an epoll instance, now or a little later.
  func report(_ watch: Watch) {
    if watch.epoll === reactorEpoll, generator.happens(calls.lateEvents) {
      after(moment()) { [epoll = watch.epoll] in epoll.list(watch) }
    } else {
      watch.epoll.list(watch)
      monitor.notify()
    }
  }

  /// Waits for events, or on another thread than the reactor's looks for some.
  ///
  /// On the reactor's thread, time then goes on to whatever comes first: something that happens in the network, or the
  /// end of the wait. With neither it sleeps until another thread does something.
  ///
  /// C: `epoll_wait(2)`.
  func wait(
    on epoll: SimulatedEpoll,
    into buffer: UnsafeMutableBufferPointer<epoll_event>,
    milliseconds: Int32
  ) -> Int {
    guard epoll === reactorEpoll else { return unsafe epoll.take(into: buffer) }
    if reactorThread == nil { reactorThread = pthread_self() }
    guard reactorThread == pthread_self() else { return unsafe epoll.take(into: buffer) }
    ThreadTime.set(now)
    let end = milliseconds < 0 ? Int64.max : now + Int64(milliseconds) * 1_000_000
    if generator.happens(calls.spuriousEvents), let any = epoll.all.randomElement(using: &generator)
    {
      epoll.list(any)
    }
    while true {
      while let action = events.popDue(now) { action() }
      let count = unsafe epoll.take(into: buffer)
      if count > 0 || milliseconds == 0 { return count }
      let next = events.nextTime() ?? .max
      if next == .max, end == .max {
        monitor.wait()
      } else {
        now = max(now, min(next, end))
        ThreadTime.set(now)
        if next > end { return 0 }
      }
    }
  }
}
