/// The loops of the process, for those who look at all of them.
extension EventLoop {
  private static let running = Lock<[EventLoop]>([])

  /// Those whose threads run, in the order in which they were started.
  static var all: [EventLoop] { running.withLock { $0 } }

  /// Counts the loop among them.
  func joinProcess() { Self.running.withLock { $0.append(self) } }

  /// Counts the loop among them no more: its thread ends.
  func leaveProcess() { Self.running.withLock { all in all.removeAll { $0 === self } } }
}
