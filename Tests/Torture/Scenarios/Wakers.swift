import Glibc
import Sockets
import SocketsTesting

/// Reactors that end while somebody is about to wake them.
///
/// Who gives a reactor a job wakes it behind that. By then its thread may have gone on by itself and run the job, and with
/// the job the last that held the reactor may be gone. A wake-up that belonged to the reactor would then be written
/// through freed memory, to a number that may be a stranger's.
enum Wakers: Scenario {
  static let name = "wakers"
  static let summary = "a reactor ends between its last job and the wake-up for it"
  static let size = Size.rounds(5_000, brief: 500)
  static let threads = 4

  static func run(_ run: Run) async throws {
    while run.next() {
      let race = Race()
      let job = try begin(race)
      await onThread {
        while !race.isAsleep { yieldThread() }
        job.withLock { $0.take() }?.resume()
      }
      try expect(race.wasOpen, "the wake-up is open when it is written", seen: "closed before")
    }
  }

  /// Starts a reactor that only one task has, which ends when it goes on.
  ///
  /// - Returns: The task, as soon as it waits.
  private static func begin(_ race: Race) throws -> Guarded<CheckedContinuation<Void, Never>?> {
    let job = Guarded<CheckedContinuation<Void, Never>?>(nil)
    Task.detached(executorPreference: try Reactor(name: "woken", kernel: race.kernel)) {
      await withCheckedContinuation { task in
        race.begin()
        job.withLock { $0 = task }
      }
    }
    return job
  }

  /// A kernel that brings it about: a signal ends the reactor's wait as soon as somebody is about to wake it, and the
  /// wake-up is written when the reactor's thread has ended.
  private final class Race: Sendable {
    private struct State {
      var hasBegun = false
      /// The directory of the reactor's thread, once it waits for its last job.
      var sleeper: String?
      var isWaking = false
      var closed: Set<Int32> = []
      var wasOpen = false
    }

    private let state = Guarded(State())

    /// Lets the reactor's next wait be the one.
    func begin() { state.withLock { $0.hasBegun = true } }

    /// Whether the reactor waits for its last job.
    var isAsleep: Bool { state.withLock { $0.sleeper != nil } }

    /// Whether the wake-up's descriptor was open when it was to be written.
    var wasOpen: Bool { state.withLock { $0.wasOpen } }

    /// The table of its system calls.
    var kernel: Kernel {
      let real = SystemCalls()
      var calls = real
      unsafe calls.epollWait = { [self] epoll, events, milliseconds in
        guard milliseconds < 0, sleeps() else {
          return unsafe real.epollWait(epoll, events, milliseconds)
        }
        while !state.withLock({ $0.isWaking }) { yieldThread() }
        return -Int(EINTR)
      }
      calls.eventWrite = { [self] number in
        guard let sleeper = wakes() else { return real.eventWrite(number) }
        while unsafe access(sleeper, F_OK) == 0 { yieldThread() }
        state.withLock { $0.wasOpen = !$0.closed.contains(number) }
        return real.eventWrite(number)
      }
      calls.close = { [self] number in
        _ = state.withLock { $0.closed.insert(number) }
        return real.close(number)
      }
      return Kernel(calls)
    }

    /// Takes note of a wait, on the reactor's thread.
    ///
    /// - Returns: Whether it is the one for the last job.
    private func sleeps() -> Bool {
      state.withLock { state in
        guard state.hasBegun, state.sleeper == nil else { return false }
        state.sleeper = ProcessFigures.threadDirectory
        return true
      }
    }

    /// Takes note of a wake-up.
    ///
    /// - Returns: The directory of the reactor's thread, if it is the one for the last job.
    private func wakes() -> String? {
      state.withLock { state in
        state.isWaking = state.sleeper != nil
        return state.sleeper
      }
    }
  }
}
