import Sockets

/// How far the log has come.
struct Commits {
  /// How many bytes were taken to be written, and how many of them are.
  fileprivate var taken = 0
  fileprivate var written = 0

  /// Whether some are being written.
  fileprivate var isWriting = false

  /// Those who wait meanwhile.
  fileprivate var waiting: [CheckedContinuation<Void, Never>] = []

  /// Why no more can be written.
  fileprivate var failure: (any Error)?
}

/// The log of changes, written for many clients at once.
extension Server {
  /// Waits until everything that has changed up to now is in the log.
  ///
  /// Whoever comes first writes for all who have come by then; those who come meanwhile wait, and one of them
  /// writes for all of these. So the more clients there are, the more share one wait for the disk.
  func commit() async throws {
    guard let journal else { return }
    let target = commits.taken + database.logCount
    while commits.written < target {
      if let failure = commits.failure { throw failure }
      if commits.isWriting {
        await withCheckedContinuation { commits.waiting.append($0) }
        continue
      }
      let records = database.takeLog()
      commits.taken += records.count
      commits.isWriting = true
      do {
        try await journal.append(records)
        commits.written = commits.taken
      } catch {
        end(error)
      }
      commits.isWriting = false
      for continuation in commits.waiting { continuation.resume() }
      commits.waiting = []
    }
  }

  /// Ends the server: what cannot be kept must not be confirmed.
  private func end(_ failure: any Error) {
    commits.failure = failure
    listener.drain(grace: .zero)
  }

  /// Removes what has expired, and has the log written to the disk, once a second until cancelled.
  package func keepTime() async {
    do {
      while true {
        // Not `Task.sleep`, which needs descriptors for its timer, and traps if there are none.
        try await Reactor.sleep(for: .seconds(1))
        database.now = Clock.milliseconds
        database.findExpired()
        while database.removeExpired(atMost: 1000) { await Task.yield() }
        try await commit()
        if settings.synchronization == .everysec { try await journal?.synchronize() }
      }
    } catch is CancellationError {
      // The server is stopping.
    } catch {
      end(error)
    }
  }

  /// Writes what is left, to the disk.
  ///
  /// - Throws: Why not, now or earlier.
  package func finish() async throws {
    if let failure = commits.failure { throw failure }
    try await commit()
    try await journal?.synchronize()
  }
}
