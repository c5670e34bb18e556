internal import Synchronization

/// How tasks of the pool look at epoll for the loop.
///
/// A loop whose events wake tasks of the pool would itself be woken by the next event while those still run: two
/// switches of threads for each request or two, on a busy machine the largest part of what a request costs. So the loop
/// sleeps on, and the tasks look at epoll themselves as they park, see ``PollerLoan``. None of them waits there.
/// What else the loop has to do wakes it as always.
///
/// It is tried now and then, and goes on for as long as it pays: with few connections, or tasks that compute for long,
/// it does not.
extension EventLoop {
  /// How many tasks must be found for it to have paid.
  private static let worth: UInt64 = 2

  /// How long the thread sleeps while nobody looks, in nanoseconds.
  ///
  /// So long may tasks that compute hold up others: the shortest at first, twice as long each time somebody has looked.
  private static let patience: ClosedRange<Int64> = 200_000...800_000

  /// How often to look before it counts as nothing found: the next requests follow the last answers closely.
  private static let tries = 4

  /// Makes tasks go on, and if they are others' sleeps while they look at epoll.
  @inline(__always)
  func resume(_ waking: inout [ParkedTask], _ policy: inout LoanPolicy) {
    let lends = policy.begins()
    if lends { loan.begin(waking.count) }
    for task in waking { task.resume() }
    waking.removeAll(keepingCapacity: true)
    policy.wakesPool = jobs.isEmpty
    if lends { policy.ended(hasPaid: sleepWhileLent()) }
  }

  /// Sleeps while others look at epoll: on the loop's thread, behind the tasks that it has made go on.
  ///
  /// - Returns: Whether it has paid.
  private func sleepWhileLent() -> Bool {
    let finds = loan.findCount
    if !loan.release() {
      defer { loan.end() }
      var patience = Self.patience.lowerBound
      while let end = prepareToSleep(), end > .min {
        let looks = loan.lookCount
        let left = end == .max ? patience : end - LoopTime.now
        if left <= 0 || poller.wakeUp.wait(nanoseconds: min(left, patience)) { break }
        if loan.lookCount == looks { return false }
        patience = min(2 * patience, Self.patience.upperBound)
      }
    }
    return loan.findCount - finds >= Self.worth
  }

  /// Takes note that a task has parked: on whatever thread.
  @inline(__always)
  func noteParked() {
    if loan.isLent { lookIfDue() }
  }

  @inline(never)
  private func lookIfDue() {
    guard loan.park() else { return }
    if let looker = lookers.withLock({ $0.take() }) {
      look(looker)
      lookers.withLock { $0 = looker }
    }
    if loan.release() { poller.wakeUp.write() }
  }

  /// Makes those go on for whom there are events, and lends them the poller in turn.
  private func look(_ looker: Looker) {
    for _ in 0..<Self.tries {
      poller.wait(&looker.events, milliseconds: 0)
      if looker.events.count > 0 { break }
    }
    let isWakeUp = shared.withLock { shared in deliver(looker.events, &shared, &looker.waking) }
    // Its edge was for the loop's thread, which may have begun to wait for it.
    if isWakeUp { poller.wakeUp.write() }
    loan.extend(looker.waking.count)
    for task in looker.waking { task.resume() }
    looker.waking.removeAll(keepingCapacity: true)
  }

  /// What a look needs.
  ///
  /// `@unchecked Sendable`: who has taken it out of ``lookers`` is alone with it.
  final class Looker: @unchecked Sendable {
    /// What epoll tells.
    var events = Poller.Events()
    /// The tasks to resume.
    var waking: [ParkedTask] = []
  }
}
