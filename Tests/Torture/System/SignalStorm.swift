import Glibc
import Synchronization

/// SIGALRM for every thread of this process, a thousand times a second.
///
/// `setitimer(2)` alone would not do: the kernel gives a signal of the process to the main thread if
/// it can, and that one only waits. So each thread gets a timer of its own as well.
@safe
struct SignalStorm {
  private static let delivered = Counter()
  private var timers: [timer_t?] = unsafe []
  private let before: Int

  /// Starts it, for the threads that there are now.
  ///
  /// - Throws: ``Failure``.
  init() throws {
    before = Self.delivered.value
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { _ in SignalStorm.delivered.add(1) }
    action.sa_flags = 0
    try expect(unsafe sigaction(SIGALRM, &action, nil), 0, "sigaction")
    Self.setInterval(microseconds: 1000)
    for thread in Self.threads {
      var event = unsafe sigevent()
      unsafe event.sigev_notify = 4  // SIGEV_THREAD_ID, timer_create(2)
      unsafe event.sigev_signo = SIGALRM
      unsafe event._sigev_un._tid = thread
      var timer: timer_t?
      guard unsafe timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 else { continue }
      unsafe timers.append(timer)
      let period = timespec(tv_sec: 0, tv_nsec: 1_000_000)
      var setting = itimerspec(it_interval: period, it_value: period)
      unsafe timer_settime(timer, 0, &setting, nil)
    }
  }

  /// Ends it.
  ///
  /// - Returns: How many signals were handled.
  func stop() -> Int {
    Self.setInterval(microseconds: 0)
    unsafe timers.forEach { unsafe timer_delete($0) }
    return Self.delivered.value - before
  }

  private static func setInterval(microseconds: Int) {
    let period = timeval(tv_sec: 0, tv_usec: microseconds)
    var setting = itimerval(it_interval: period, it_value: period)
    unsafe setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &setting, nil)
  }

  private static var threads: [Int32] { ProcessFigures.entries(of: "/proc/self/task") }
}
