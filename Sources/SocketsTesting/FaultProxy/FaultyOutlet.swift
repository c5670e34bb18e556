internal import Sockets

/// Where the bytes of one direction leave a ``FaultProxy``: the last place where something can happen to them.
struct FaultyOutlet {
  let from: TCPConnection
  let to: TCPConnection
  let faults: @Sendable () -> Faults

  /// How many bytes the receiver was sent.
  private var passed = 0
  private var isAtEnd = false
  /// When the next bytes may go out, if they are limited.
  private var next = ContinuousClock.now

  init(from: TCPConnection, to: TCPConnection, faults: @escaping @Sendable () -> Faults) {
    self.from = from
    self.to = to
    self.faults = faults
  }

  /// Sends bytes to the receiver, or what the faults make of them.
  mutating func write(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while true {
      let faults = faults()
      try await cut(faults)
      if rest.isEmpty || isAtEnd || faults.isSilent { return }
      var count = min(rest.count, max(1, faults.pieceSize ?? .max))
      for limit in [faults.resetAfter, faults.endAfter] {
        if let limit, limit > passed { count = min(count, limit - passed) }
      }
      if let rate = faults.bytesPerSecond { count = min(count, max(1, rate / 50)) }
      try await to.write(piece(rest.prefix(count), faults.corruptedByte))
      rest = rest.dropFirst(count)
      passed += count
      if let rate = faults.bytesPerSecond {
        next = max(next, .now) + .seconds(1) * count / max(1, rate)
        try await Reactor.sleep(until: next)
      }
    }
  }

  private func piece(_ bytes: ArraySlice<UInt8>, _ corrupted: Int?) -> [UInt8] {
    var bytes = Array(bytes)
    if let corrupted, bytes.indices.contains(corrupted - passed) { bytes[corrupted - passed] ^= 1 }
    return bytes
  }

  /// Ends or resets the stream if it has come so far.
  ///
  /// - Parameter faults: What is wrong with it: for what is to be sent next the same.
  /// - Throws: That it was reset, or why its end cannot be told.
  mutating func cut(_ faults: Faults) async throws {
    if faults.isSilent { return }
    if let limit = faults.resetAfter, passed >= limit {
      await reset(faults)
      from.reset()
      throw SocketError(.connectionReset, operation: .write)
    }
    if let limit = faults.endAfter, passed >= limit { try await finish(faults) }
  }

  /// Tells the receiver of the end.
  mutating func finish(_ faults: Faults) async throws {
    if isAtEnd || faults.isSilent { return }
    isAtEnd = true
    try await to.finish()
  }

  /// Resets the receiver's connection, behind the bytes that it was sent.
  func reset(_ faults: Faults) async {
    if faults.isSilent { return }
    try? await arrive()
    to.reset()
  }

  /// Waits until the receiver's kernel has what was sent, for a second at most: a reset throws away what is still here.
  private func arrive() async throws {
    let end = ContinuousClock.now + .seconds(1)
    while ContinuousClock.now < end {
      let info = try to.get(.tcpInfo)
      if info.unacknowledgedSegments == 0, info.bytesNotSent == 0 { return }
      try await Reactor.sleep(for: .milliseconds(1))
    }
  }
}
