import Synchronization

@testable import Sockets

/// What two tasks hand to each other: who passes it on resumes the other one and is suspended.
///
/// The plainest way to do so: a continuation, kept in an atomic.
final class Baton: Sendable {
  /// The task that is suspended, as ``ParkedTask/bits``; 0 for none.
  private let waiting = Atomic<UInt>(0)

  /// Resumes the other task, and waits until that passes the baton back.
  func pass() async {
    await unsafe withUnsafeContinuation { continuation in
      let task = unsafe ParkedTask(continuation)
      resume(waiting.exchange(task.bits, ordering: .acquiringAndReleasing))
    }
  }

  /// Resumes the other task for the last time.
  func drop() { resume(waiting.exchange(0, ordering: .acquiringAndReleasing)) }

  private func resume(_ bits: UInt) { if bits != 0 { ParkedTask(bits: bits).resume() } }

  /// Passes the baton a number of times: the body of either task.
  func pass(times count: Int) async {
    for _ in 0..<count { await pass() }
    drop()
  }
}

/// Two alarms that two tasks signal each other with: what the library makes of a continuation so that it can be
/// cancelled, closed and given a deadline.
struct AlarmPair: Sendable {
  let first: Registration
  let second: Registration

  /// Makes both.
  ///
  /// - Parameters:
  ///   - reactor: The reactor of the first.
  ///   - other: The reactor of the second.
  /// - Throws: That a reactor has stopped.
  init(on reactor: Reactor, _ other: Reactor) throws {
    first = try reactor.loop.register(nil, initial: .waiting)
    second = try other.loop.register(nil, initial: .waiting)
  }

  /// Waits for a signal.
  static func wait(for alarm: Registration, until deadline: Int64 = .max) async throws {
    _ = try await alarm.perform(.read, whenBusy: .fail, until: deadline) { _ in
      .done(0, usedUp: .yes)
    }
  }

  /// Signals, and waits for the other task's signal, a number of times.
  func lead(times count: Int) async throws {
    for _ in 0..<count {
      second.signal(.read)
      try await Self.wait(for: first)
    }
  }

  /// Waits for a signal, and answers it, a number of times.
  func follow(times count: Int) async throws {
    for _ in 0..<count {
      try await Self.wait(for: second)
      first.signal(.read)
    }
  }

  func close() {
    first.close()
    second.close()
  }
}
