extension Stream {
  /// Writes bytes: returns when the kernel has them all.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  /// - Throws: What users see, with the number of bytes that went out.
  @usableFromInline
  nonisolated(nonsending) func write(_ bytes: RawSpan, until deadline: Int64) async throws {
    try await write(count: bytes.byteCount, until: deadline) { socket, sent in
      socket.send(bytes, after: sent)
    }
  }

  /// As ``write(_:until:)-(RawSpan,_)``.
  @usableFromInline
  nonisolated(nonsending) func write(_ bytes: Span<UInt8>, until deadline: Int64) async throws {
    try await write(count: bytes.count, until: deadline) { socket, sent in
      socket.send(bytes, after: sent)
    }
  }

  /// Writes arrays one after the other, as one write.
  nonisolated(nonsending) func write(
    gathering arrays: [[UInt8]],
    until deadline: Int64
  ) async throws {
    let count = arrays.reduce(0) { $0 + $1.count }
    var position = GatherPosition()
    try await write(count: count, until: deadline) { socket, sent in
      socket.send(gathering: arrays, after: sent, at: &position)
    }
  }

  /// Writes `count` bytes: returns when the kernel has them all.
  ///
  /// - Parameters:
  ///   - count: How many bytes.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  ///   - send: The system call, which writes what follows the number of bytes that it is given.
  /// - Throws: What users see, with the number of bytes that went out.
  @inline(__always)
  nonisolated(nonsending) func write(
    count: Int,
    until deadline: Int64,
    send: (Socket, Int) -> Int
  ) async throws {
    var sent = 0
    do {
      _ = try await registration.perform(.write, whenBusy: .queue, until: deadline) { socket in
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
