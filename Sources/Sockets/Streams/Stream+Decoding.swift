internal import Synchronization

extension Stream {
  /// Decodes a value from the bytes that have arrived; takes more from the kernel until there is one.
  ///
  /// Every read that hands out something else than whatever has arrived is this one, with a decoder of
  /// its own. What is taken gathers in the buffer, so whatever ends the call early loses nothing.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may gather in the buffer for it.
  ///   - deadline: When to give up.
  ///   - decode: Takes a value out of the buffer; `nil` if it needs more bytes.
  /// - Returns: The value; `nil` if the stream has ended before its first byte.
  /// - Throws: What users see.
  nonisolated(nonsending) func read<Value>(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    decoding decode: (inout ReadBuffer) throws -> Value?
  ) async throws -> Value? {
    var decoded = Decoded<Value>.more
    let hadBuffer = hasBuffer.load(ordering: .relaxed)
    do throws(OperationFailure) {
      _ = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
        var unread = takeBuffer()
        defer { putBack(&unread) }
        return attempt(&decoded, &unread, from: socket, upTo: limit, decode)
      }
    } catch {
      // No edge will come for what lies in the buffer: the next read must not wait for one.
      if hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }
      throw self.error(error, .read)
    }
    // Those who watch for something to read have not heard of it either.
    if !hadBuffer, hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }
    switch decoded {
    case .value(let value): return value
    case .end, .more: return nil
    case .failure(let failure): throw placed(failure)
    }
  }

  /// One try: what is there, and four reads of what the kernel has.
  ///
  /// Then others of this thread have their turn, and a cancellation is seen, however fast the peer writes.
  @inline(__always)
  private func attempt<Value>(
    _ decoded: inout Decoded<Value>,
    _ unread: inout ReadBuffer,
    from socket: Socket,
    upTo limit: Int,
    _ decode: (inout ReadBuffer) throws -> Value?
  ) -> Registration.Attempt {
    if !unread.isEmpty {
      decoded = Decoded(&unread, upTo: limit, decode)
      guard case .more = decoded else { return .done(0, usedUp: .no) }
    }
    for _ in 0..<4 {
      let (read, isShort) = unread.fill(upTo: limit, from: registration.loop.buffers) {
        checked(socket.receive(appendingTo: &$0, upTo: $1))
      }
      if read < 0 {
        unread.shrink(to: registration.loop.buffers)
        return Registration.Attempt(read)
      }
      unread.isAtEnd = read == 0
      decoded = Decoded(&unread, upTo: limit, decode)
      unread.isAtEnd = false
      if case .more = decoded { continue }
      // While bytes are left in the buffer, the next read must not wait for an edge.
      return .done(0, usedUp: isShort && unread.isEmpty ? .unlessHungUp : .no)
    }
    return .again(.no)
  }

  /// An error of a decoder, with the addresses that a decoder does not know.
  private func placed(_ failure: any Error) -> any Error {
    guard var error = failure as? SocketError, error.localAddress == nil else { return failure }
    error.localAddress = localName.address
    error.remoteAddress = remoteName.address
    return error
  }
}
