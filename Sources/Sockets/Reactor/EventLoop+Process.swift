/// The loops of the process, for those who look at all of them.
extension EventLoop {
  private static let running = Lock<[EventLoop]>([])

  /// Those whose threads run, in the order in which they were started.
  static var all: [EventLoop] { running.withLock { $0 } }

  /// The sockets that are registered, a part at a time, so that nobody has to wait long for the lock.
  ///
  /// - Parameters:
  ///   - index: Where the part begins, 0 at first; receives where the next one does.
  ///   - limit: How much to look at.
  /// - Returns: The sockets and their numbers; `nil` at the end.
  func sockets(
    from index: inout Int,
    upTo limit: Int
  ) -> [(id: UInt64, registration: Registration)]? {
    let part = shared.withLock { shared in
      var next = index
      let part = shared.registrations.elements(from: &next, upTo: limit)
      return (part, next)
    }
    index = part.1
    return part.0?.compactMap { registration in
      registration.identity.map { (id: $0.id, registration: registration) }
    }
  }

  /// Counts the loop among them.
  func joinProcess() { Self.running.withLock { $0.append(self) } }

  /// Counts the loop among them no more: its thread ends.
  func leaveProcess() { Self.running.withLock { all in all.removeAll { $0 === self } } }
}
