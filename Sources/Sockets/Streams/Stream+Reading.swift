internal import Synchronization

extension Stream {
  /// Reads into the caller's memory.
  ///
  /// - Returns: How many bytes; 0 at the end of the stream.
  nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> Int {
    let free = span.freeCapacity
    if free == 0 { return 0 }
    return try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      if hasBuffer.load(ordering: .relaxed) {
        let bytes = takeBuffered(upTo: free)
        for byte in bytes { span.append(byte) }
        return .done(bytes.count, usedUp: .no)
      }
      let result = checked(socket.receive(into: &span))
      return Registration.Attempt(result, usedUp: Self.usedUp(result, of: free))
    }
  }

  /// Reads at the end of an array, up to `limit` bytes.
  ///
  /// - Returns: How many bytes; 0 at the end of the stream.
  nonisolated(nonsending) func read(
    appendingTo array: inout [UInt8],
    upTo limit: Int,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> Int {
    try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      if hasBuffer.load(ordering: .relaxed) {
        let bytes = takeBuffered(upTo: limit)
        array.append(contentsOf: bytes)
        return .done(bytes.count, usedUp: .no)
      }
      let result = checked(socket.receive(appendingTo: &array, upTo: limit))
      return Registration.Attempt(result, usedUp: Self.usedUp(result, of: limit))
    }
  }

  /// Reads exactly `count` bytes.
  ///
  /// They gather in the buffer, so whatever ends the call early loses nothing.
  ///
  /// - Returns: The bytes; fewer only at the end of the stream, and then they stay in the buffer.
  nonisolated(nonsending) func read(
    exactly count: Int,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> (bytes: [UInt8]?, isComplete: Bool) {
    var bytes: [UInt8]?
    defer {
      // No edge will come for what lies in the buffer: the next read must not wait for one.
      if hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }
    }
    let gathered = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) {
      socket in
      for _ in 0..<4 {
        let (result, gathered) = buffer.withLock { buffer -> (Int, Int) in
          let missing = count - buffer.count
          if missing <= 0 {
            bytes = buffer.take(upTo: count)
            hasBuffer.store(buffer.count > 0, ordering: .relaxed)
            return (0, count)
          }
          // A length that a peer has announced reserves no memory before the bytes come.
          let limit = min(missing, 1 << 18)
          let result = checked(buffer.append { socket.receive(appendingTo: &$0, upTo: limit) })
          hasBuffer.store(buffer.count > 0, ordering: .relaxed)
          return (result, buffer.count)
        }
        if bytes != nil { return .done(count, usedUp: .no) }
        if result < 0 { return Registration.Attempt(result) }
        if result == 0 { return .done(gathered, usedUp: .no) }
        if gathered == count {
          bytes = buffer.withLock { $0.take(upTo: count) }
          hasBuffer.store(false, ordering: .relaxed)
          return .done(count, usedUp: .no)
        }
      }
      return .again(.no)
    }
    return (bytes, gathered == count || gathered == 0)
  }

  func takeBuffered(upTo limit: Int) -> [UInt8] {
    buffer.withLock { buffer in
      let bytes = buffer.take(upTo: limit)
      hasBuffer.store(buffer.count > 0, ordering: .relaxed)
      return bytes
    }
  }

  /// What a read's result shows: one that filled less than it could has emptied the kernel's queue.
  @inline(__always)
  private static func usedUp(_ result: Int, of capacity: Int) -> WaiterState.UsedUp {
    result > 0 && result < capacity ? .unlessHungUp : .no
  }
}

extension Stream {
  /// The most that one chunk holds, in bytes: a socket's usual burst; larger ones gain little.
  static let chunkSize = 16_384

  /// Reads the next chunk into storage that is lent by the event loop for as long as the caller has
  /// use for it, and not while it waits.
  ///
  /// - Parameter chunk: The chunk before; receives the next one.
  /// - Returns: Whether there is one; `false` at the end of the stream.
  /// - Throws: Why not; the stream is as it was.
  nonisolated(nonsending) func nextChunk(
    _ chunk: inout [UInt8]
  ) async throws(OperationFailure) -> Bool {
    let loop = registration.loop
    loop.buffers.giveBack(&chunk)
    let count = try await registration.perform(.read, whenBusy: .fail, deadline: nil) { socket in
      if hasBuffer.load(ordering: .relaxed) {
        chunk = takeBuffered(upTo: Self.chunkSize)
        return .done(chunk.count, usedUp: .no)
      }
      loop.buffers.lend(&chunk)
      let result = checked(socket.receive(appendingTo: &chunk, upTo: Self.chunkSize))
      if result <= 0 { loop.buffers.giveBack(&chunk) }
      return Registration.Attempt(result, usedUp: Self.usedUp(result, of: Self.chunkSize))
    }
    return count > 0
  }

  /// Ends the outgoing stream, drops what still comes, closes.
  nonisolated(nonsending) func closeGracefully(deadline: ContinuousClock.Instant) async {
    defer { registration.close() }
    do {
      try await finish(deadline: deadline)
      var chunk: [UInt8] = []
      var dropped = 0
      while dropped < 1 << 16 {
        chunk.removeAll(keepingCapacity: true)
        let limit = Self.chunkSize
        let count = try await read(appendingTo: &chunk, upTo: limit, deadline: deadline)
        if count == 0 { return }
        dropped += count
      }
    } catch {
      // Out of time, cancelled, reset or closed: whichever it is, there is no more to wait for.
    }
  }

  /// Waits until the peer has sent its first byte, or ended.
  ///
  /// - Parameter limit: How long; `nil` for not waiting at all.
  /// - Returns: Whether it has in time.
  nonisolated(nonsending) func waitForFirstByte(_ limit: Duration?) async -> Bool {
    guard let limit else { return true }
    do throws(OperationFailure) {
      _ = try await registration.perform(.read, whenBusy: .fail, deadline: .now + limit) { socket in
        Registration.Attempt(socket.peek())
      }
      return true
    } catch {
      return false
    }
  }
}
