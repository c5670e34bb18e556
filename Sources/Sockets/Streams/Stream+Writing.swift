extension Stream {
  /// Writes `count` bytes: returns when the kernel has them all.
  ///
  /// - Parameters:
  ///   - count: How many bytes.
  ///   - deadline: When to give up.
  ///   - send: The system call, which writes what follows the number of bytes that it is given.
  /// - Throws: What users see, with the number of bytes that went out.
  nonisolated(nonsending) func write(
    count: Int,
    deadline: ContinuousClock.Instant?,
    send: (Socket, Int) -> Int
  ) async throws {
    var sent = 0
    do {
      _ = try await registration.perform(.write, whenBusy: .queue, deadline: deadline) { socket in
        if let refusal = refusal() { return .failed(refusal) }
        // Four calls of a mebibyte at most, then others of this thread have their turn, and a
        // cancellation is seen, however fast the peer reads.
        for _ in 0..<4 {
          if sent == count { return .done(count, usedUp: .no) }
          let result = send(socket, sent)
          if result < 0 {
            noteWriteFailure(result)
            return Registration.Attempt(result)
          }
          sent += result
          registration.count(result, .write)
        }
        return sent == count ? .done(count, usedUp: .no) : .again(.no)
      }
    } catch {
      throw self.error(error, .write, bytesWritten: sent)
    }
  }
}
