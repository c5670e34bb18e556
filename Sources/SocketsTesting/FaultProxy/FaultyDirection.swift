internal import Sockets

/// One direction of a connection through a ``FaultProxy``.
struct FaultyDirection {
  let from: TCPConnection
  let to: TCPConnection
  /// The faults as they are now.
  let faults: @Sendable () -> Faults

  init(from: TCPConnection, to: TCPConnection, faults: @escaping @Sendable () -> Faults) {
    self.from = from
    self.to = to
    self.faults = faults
  }

  /// Passes on what comes until the sender has ended.
  ///
  /// The bytes lie in a pipe while they are under way, each piece behind the time at which it is due. So how long
  /// they take does not limit how many there are.
  ///
  /// - Returns: Whether the end was a clean one.
  func run() async -> Bool {
    guard let (entry, exit) = try? MemoryPipe.pair(capacity: 262_144, on: from.reactor) else {
      return false
    }
    return await withTaskGroup(of: Bool.self) { group in
      group.addTask(executorPreference: from.reactor) { await receive(into: entry) }
      group.addTask(executorPreference: from.reactor) { await deliver(from: exit) }
      for await isWhole in group where !isWhole {
        group.cancelAll()
        return false
      }
      return true
    }
  }

  /// Takes what the sender sends.
  private func receive(into entry: MemoryPipe) async -> Bool {
    do {
      while let bytes = try await from.read(upTo: 16_384) { try await put(bytes, into: entry) }
      // No bytes stand for the end, which is under way as long as they are.
      try await put([], into: entry)
      try await entry.finish()
      return true
    } catch {
      // It comes behind the bytes; whoever takes these says that the stream is broken.
      entry.reset()
      return !Task.isCancelled
    }
  }

  private func put(_ bytes: [UInt8], into entry: MemoryPipe) async throws {
    let due = Self.origin.duration(to: .now) + faults().delay
    var buffer = WriteBuffer()
    buffer.append(integer: Int64(due / .nanoseconds(1)))
    buffer.append(integer: UInt32(bytes.count))
    buffer.append(bytes)
    try await entry.write(gathering: buffer.pieces)
  }

  /// Hands what has come to the receiver when it is due.
  private func deliver(from exit: MemoryPipe) async -> Bool {
    var outlet = FaultyOutlet(from: from, to: to, faults: faults)
    do {
      try await outlet.cut(faults())
      while let (due, bytes) = try await take(from: exit, outlet) {
        try await Reactor.sleep(until: due)
        if bytes.isEmpty {
          try await outlet.finish(faults())
        } else {
          try await outlet.write(bytes)
        }
      }
      return true
    } catch {
      return false
    }
  }

  /// The next piece and when it is due; if there is none because the sender has reset the stream, the receiver learns
  /// of it.
  private func take(
    from exit: MemoryPipe,
    _ outlet: FaultyOutlet
  ) async throws -> (ContinuousClock.Instant, [UInt8])? {
    do {
      guard let due = try await exit.read(Int64.self) else { return nil }
      let count = try await exit.read(UInt32.self) ?? 0
      let bytes = try await exit.read(exactly: Int(count)) ?? []
      return (Self.origin + .nanoseconds(due), bytes)
    } catch {
      await outlet.reset(faults())
      throw error
    }
  }

  /// What the times in the pipe are counted from.
  private static let origin = ContinuousClock.now
}
