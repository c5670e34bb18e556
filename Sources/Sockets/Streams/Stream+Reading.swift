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
        var unread = takeBuffer()
        defer { putBack(&unread) }
        return .done(unread.move(into: &span), usedUp: .no)
      }
      let result = counted(socket.receive(into: &span))
      return Registration.Attempt(result, usedUp: Self.usedUp(result, of: free))
    }
  }

  /// Takes the buffer, as the owner of the reading direction, for as long as the owner does not wait.
  ///
  /// No lock is held while somebody else's code looks at it.
  func takeBuffer() -> ReadBuffer {
    guard hasBuffer.load(ordering: .relaxed) else { return ReadBuffer() }
    return buffer.withLock { buffer in
      defer { buffer = ReadBuffer() }
      return buffer
    }
  }

  /// Puts the buffer back: before the direction is given up, so that the next owner finds it.
  func putBack(_ unread: inout ReadBuffer) {
    if unread.isEmpty {
      unread.shrink(to: registration.loop.buffers)
      if hasBuffer.load(ordering: .relaxed) { hasBuffer.store(false, ordering: .relaxed) }
    } else {
      let left = unread
      unread = ReadBuffer()
      buffer.withLock { $0 = left }
      hasBuffer.store(true, ordering: .relaxed)
    }
  }

  /// Puts bytes back that were taken, before whatever else waits to be read.
  func putBack(_ bytes: ArraySlice<UInt8>) {
    if bytes.isEmpty { return }
    buffer.withLock { buffer in
      var all = ReadBuffer(Array(bytes))
      all.append(buffer.contents)
      buffer = all
    }
    hasBuffer.store(true, ordering: .relaxed)
    // No edge will come for what lies in the buffer: the next read must not wait for one.
    registration.signal(.read)
  }

  /// What a read's result shows: one that filled less than it could has emptied the kernel's queue.
  @inline(__always)
  static func usedUp(_ result: Int, of capacity: Int) -> WaiterState.UsedUp {
    result > 0 && result < capacity ? .unlessHungUp : .no
  }
}

extension Stream {
  /// The most that the first chunk holds, in bytes, and one behind a chunk that was not full.
  static let chunkSize = BufferPool.size

  /// Reads the next chunk into storage that is lent by the event loop for as long as the caller has
  /// use for it, and not while it waits.
  ///
  /// - Parameter chunk: The chunk before; receives the next one.
  /// - Returns: Whether there is one; `false` at the end of the stream.
  /// - Throws: What users see; the stream is as it was.
  @usableFromInline
  nonisolated(nonsending) func nextChunk(_ chunk: inout [UInt8]) async throws -> Bool {
    let loop = registration.loop
    // A stream that has filled the storage it was lent is lent more.
    let isLarge = chunk.count >= BufferPool.size
    let size = isLarge ? BufferPool.largeSize : BufferPool.size
    loop.giveBack(&chunk)
    do throws(OperationFailure) {
      return try await registration.perform(.read, whenBusy: .fail, until: .max) { socket in
        if hasBuffer.load(ordering: .relaxed) {
          var unread = takeBuffer()
          defer { putBack(&unread) }
          chunk = unread.take(min(unread.count, size))
          return .done(chunk.count, usedUp: .no)
        }
        if isLarge { loop.largeBuffers.lend(&chunk) } else { loop.buffers.lend(&chunk) }
        let result = counted(socket.receive(appendingTo: &chunk, upTo: size))
        if result <= 0 { loop.giveBack(&chunk) }
        return Registration.Attempt(result, usedUp: Self.usedUp(result, of: size))
      } > 0
    } catch {
      throw self.error(error, .read)
    }
  }
}
