extension Stream {
  /// How far a write has come.
  @usableFromInline
  struct Beginning {
    /// What is next; `nil` if it has not begun.
    fileprivate var step: WaiterState.Step?
    fileprivate var sent = 0

    /// What it has met, which is told once.
    fileprivate var failure: Errno?

    /// Whether the kernel has all bytes.
    @usableFromInline fileprivate(set) var isDone = false

    /// One that has not begun.
    @usableFromInline init() {}
  }

  /// Begins to write: most of the time the kernel takes all bytes at once.
  ///
  /// - Parameter bytes: The bytes.
  /// - Returns: How the write is to go on, if it is not done.
  @usableFromInline
  func beginWrite(_ bytes: RawSpan) -> Beginning {
    beginWrite(count: bytes.byteCount) { $0.send(bytes, after: 0) }
  }

  /// As ``beginWrite(_:)-(RawSpan)``.
  @usableFromInline
  func beginWrite(_ bytes: Span<UInt8>) -> Beginning {
    beginWrite(count: bytes.count) { $0.send(bytes, after: 0) }
  }

  @inline(__always)
  private func beginWrite(count: Int, send: (Socket) -> Int) -> Beginning {
    var beginning = Beginning()
    beginning.step = registration.begin(.write) { socket in
      if let refusal = refusal() { return .failed(refusal) }
      if count == 0 { return .done(0, usedUp: .no) }
      let result = send(socket)
      if result < 0 {
        let attempt = Registration.Attempt(checkedWrite(result))
        if case .failed(let error) = attempt { beginning.failure = error }
        return attempt
      }
      beginning.sent = result
      registration.count(result, .write)
      return result == count ? .done(count, usedUp: .no) : .again(.no)
    }
    beginning.isDone = beginning.step == nil
    return beginning
  }

  /// Writes bytes: returns when the kernel has them all.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - beginning: How far it has come already, if it has begun.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  /// - Throws: What users see, with the number of bytes that went out.
  @usableFromInline
  nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    from beginning: Beginning = Beginning(),
    until deadline: Int64
  ) async throws {
    try await write(count: bytes.byteCount, from: beginning, until: deadline) { socket, sent in
      socket.send(bytes, after: sent)
    }
  }

  /// As ``write(_:from:until:)-(RawSpan,_,_)``.
  @usableFromInline
  nonisolated(nonsending) func write(
    _ bytes: Span<UInt8>,
    from beginning: Beginning = Beginning(),
    until deadline: Int64
  ) async throws {
    try await write(count: bytes.count, from: beginning, until: deadline) { socket, sent in
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
  ///   - beginning: How far it has come already, if it has begun.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  ///   - send: The system call, which writes what follows the number of bytes that it is given.
  /// - Throws: What users see, with the number of bytes that went out.
  @inline(__always)
  nonisolated(nonsending) func write(
    count: Int,
    from beginning: Beginning = Beginning(),
    until deadline: Int64,
    send: (Socket, Int) -> Int
  ) async throws {
    var sent = beginning.sent
    do {
      _ = try await registration.perform(
        .write,
        whenBusy: .queue,
        until: deadline,
        claimed: beginning.step
      ) { socket in
        if let failure = beginning.failure ?? refusal() { return .failed(failure) }
        // Four calls of a mebibyte at most, then others of this thread have their turn, and a
        // cancellation is seen, however fast the peer reads.
        for _ in 0..<4 {
          if sent == count { return .done(count, usedUp: .no) }
          let result = send(socket, sent)
          if result < 0 { return Registration.Attempt(checkedWrite(result)) }
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
