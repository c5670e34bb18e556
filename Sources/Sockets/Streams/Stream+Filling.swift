internal import Synchronization

extension Stream {
  /// Fills the buffer with bytes from the kernel, until a closure is satisfied with them.
  ///
  /// Every read that hands out something else than whatever has arrived is this one, with a closure of
  /// its own. Whatever ends the call early, the bytes stay in the buffer.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that the buffer may hold.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  ///   - isDone: Takes what it wants out of the buffer; `false` if it needs more bytes.
  /// - Returns: Whether the closure was satisfied; `false` if the stream has ended and no byte is left.
  /// - Throws: What users see.
  @usableFromInline
  nonisolated(nonsending) func fill(
    upTo limit: Int,
    until deadline: Int64,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    try await fill(upTo: limit, deadline, endsWhenDraining: false, isDone)
  }

  /// As ``fill(upTo:until:until:)``, but ends without a byte as soon as the listener drains and nothing has come.
  nonisolated(nonsending) func fillUntilDraining(
    upTo limit: Int,
    until deadline: Int64,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    hearDrainSignal()
    return try await fill(upTo: limit, deadline, endsWhenDraining: true, isDone)
  }

  /// Made once for each: what has to do with draining is not free.
  @inline(__always)
  private nonisolated(nonsending) func fill(
    upTo limit: Int,
    _ deadline: Int64,
    endsWhenDraining: Bool,
    _ isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    var step = FillStep.more
    var isFirstTry = true
    let hadBuffer = hasBuffer.load(ordering: .relaxed)
    do throws(OperationFailure) {
      _ = try await registration.perform(.read, whenBusy: .fail, until: deadline) { socket in
        var unread = takeBuffer()
        defer { putBack(&unread) }
        if isFirstTry { unread.examinedCount = 0 }
        isFirstTry = false
        return attempt(&step, &unread, from: socket, upTo: limit, endsWhenDraining, isDone)
      }
    } catch {
      // No edge will come for what lies in the buffer: the next read must not wait for one.
      if hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }
      throw self.error(error, .read)
    }
    // Those who watch for something to read have not heard of it either.
    if !hadBuffer, hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }
    switch step {
    case .done: return true
    case .end, .more: return false
    case .failure(let failure): throw placed(failure)
    }
  }

  /// One try: what is there, and four reads of what the kernel has.
  ///
  /// Then others of this thread have their turn, and a cancellation is seen, however fast the peer writes.
  @inline(__always)
  private func attempt(
    _ step: inout FillStep,
    _ unread: inout ReadBuffer,
    from socket: Socket,
    upTo limit: Int,
    _ endsWhenDraining: Bool,
    _ isDone: (inout ReadBuffer) throws -> Bool
  ) -> Registration.Attempt {
    if !unread.isEmpty {
      step = FillStep(&unread, upTo: limit, until: isDone)
      guard case .more = step else { return .done(0, usedUp: .no) }
    }
    for _ in 0..<4 {
      // Asked before the read: what comes behind it, and only then the drain, is read by the next try.
      let isDraining = endsWhenDraining && isDraining
      let (read, isShort) = unread.fill(upTo: limit, from: registration.loop.buffers) {
        counted(socket.receive(appendingTo: &$0, upTo: $1))
      }
      if read < 0 {
        unread.shrink(to: registration.loop.buffers)
        if isDraining, read == -Int(Errno.again.rawValue), unread.isEmpty {
          step = .end
          return .done(0, usedUp: .yes)
        }
        return Registration.Attempt(read)
      }
      unread.isAtEnd = read == 0
      step = FillStep(&unread, upTo: limit, until: isDone)
      unread.isAtEnd = false
      if case .more = step { continue }
      // While bytes are left in the buffer, the next read must not wait for an edge.
      return .done(0, usedUp: isShort && unread.isEmpty ? .unlessHungUp : .no)
    }
    return .again(.no)
  }

  /// An error of a closure, with the addresses that a closure does not know.
  private func placed(_ failure: any Error) -> any Error {
    guard var error = failure as? SocketError, error.localAddress == nil else { return failure }
    error.localAddress = localName.address
    error.remoteAddress = remoteName.address
    return error
  }
}
