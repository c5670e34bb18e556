extension EventLoop {
  /// The loop whose thread the caller runs on; `nil` on any other thread.
  static var current: EventLoop? {
    guard let pointer = unsafe Thread.local else { return nil }
    // SAFETY: only `becomeCurrent` sets it, to a loop that is kept alive by the very thread that runs it
    // and that asks here.
    return unsafe Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Makes this the current loop of its thread, for the thread's life.
  func becomeCurrent() { unsafe Thread.local = Unmanaged.passUnretained(self).toOpaque() }

  /// Lets the other tasks of the caller's thread go first, and on a loop's thread its events as well.
  ///
  /// On a loop's thread it allocates nothing, unlike `Task.yield()`.
  static nonisolated(nonsending) func yield() async {
    guard let loop = current else { return await Task.yield() }
    await ParkedTask.suspend { loop.resumeInNextTurn($0) }
  }

  /// A loop to wait on for something that belongs to no reactor: that of the thread the caller runs on,
  /// and else one of the shared ones that run already, of which the first is started if none does.
  ///
  /// - Throws: `SocketError` when it cannot be started.
  static func nearest() throws -> EventLoop { try current ?? Reactor.anyShared().loop }
}

extension Reactor {
  /// Whether the caller runs on this reactor's thread.
  package nonisolated var isCurrent: Bool { EventLoop.current === loop }

  /// Lets the other tasks of the caller's thread go first, and on a reactor's thread its events as well.
  package static nonisolated(nonsending) func yield() async { await EventLoop.yield() }
}
