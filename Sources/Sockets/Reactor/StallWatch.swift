internal import Synchronization

/// A thread that looks at all loops again and again, for an observer that wants to know of stalls.
///
/// From outside, because a loop that took the time before and after each job would do so twice a request,
/// and could tell of a job that never ends only when it is over.
final class StallWatch: Sendable {
  private let observer: any SocketObserver

  /// How long a turn may take, in nanoseconds.
  private let threshold: Int64

  private let isStopped = Atomic<Bool>(false)

  private init(_ observer: any SocketObserver, threshold: Int64) {
    self.observer = observer
    self.threshold = threshold
  }

  /// Starts to look.
  ///
  /// - Parameters:
  ///   - observer: Whom to tell.
  ///   - threshold: How long a turn may take.
  /// - Returns: The watch, which goes on until ``stop()``.
  /// - Throws: That there is no thread.
  static func start(
    _ observer: any SocketObserver,
    threshold: Duration
  ) throws(Errno) -> StallWatch {
    let nanoseconds = max(1_000_000, LoopTime.nanoseconds(threshold))
    let watch = StallWatch(observer, threshold: nanoseconds)
    try Thread.start(name: "stall-watch") { watch.run() }
    return watch
  }

  /// Ends the thread, after one more sleep.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  private func run() {
    var detectors: [ObjectIdentifier: StallDetector] = [:]
    // Not longer than a second, so that it ends soon after it was stopped.
    let period = min(threshold / 4, 1_000_000_000)
    while true {
      Thread.sleep(nanoseconds: period)
      if isStopped.load(ordering: .relaxed) { return }
      var next: [ObjectIdentifier: StallDetector] = [:]
      for loop in EventLoop.all {
        let id = ObjectIdentifier(loop)
        var detector = detectors[id] ?? StallDetector(threshold: threshold)
        let (turn, isAwake) = loop.progress
        let finding = detector.look(turn: turn, isAwake: isAwake, now: LoopTime.now)
        next[id] = detector
        guard let finding else { continue }
        let duration = Duration.nanoseconds(finding.nanoseconds)
        observer.observe(
          .stalled(.init(reactor: loop.name, duration: duration, isOver: finding.isOver))
        )
      }
      detectors = next
    }
  }
}
