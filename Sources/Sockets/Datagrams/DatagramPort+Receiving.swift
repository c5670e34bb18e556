internal import Synchronization

extension DatagramPort {
  /// Receives a datagram into an array of its own.
  ///
  /// - Parameters:
  ///   - limit: The most to take of the payload.
  ///   - deadline: When to give up.
  ///   - skipsNetworkErrors: Whether to pass over what the network reports about earlier datagrams.
  /// - Returns: The datagram.
  /// - Throws: Why there is none; nothing was taken.
  nonisolated(nonsending) func receive(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    skipsNetworkErrors: Bool
  ) async throws(OperationFailure) -> Datagram<SocketAddress> {
    var datagram = Datagram(payload: [], header: DatagramHeader())
    try await receive(deadline, skipsNetworkErrors: skipsNetworkErrors) { socket in
      if let first = takeRest() {
        datagram = first
        datagram.truncate(to: limit)
        return 0
      }
      let result = socket.receiveDatagram(
        upTo: coalesces ? 65_535 : limit,
        &datagram.payload,
        &datagram.header
      )
      if result >= 0, coalesces {
        datagram = split(datagram)
        datagram.truncate(to: limit)
      }
      return result
    }
    return datagram
  }

  /// Receives a datagram into the caller's memory.
  nonisolated(nonsending) func receive(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> DatagramHeader<SocketAddress> {
    if coalesces {
      let limit = min(span.freeCapacity, 65_535)
      let datagram = try await receive(upTo: limit, deadline: deadline, skipsNetworkErrors: false)
      for byte in datagram.payload { span.append(byte) }
      return datagram.header
    }
    var header = DatagramHeader<SocketAddress>()
    try await receive(deadline, skipsNetworkErrors: false) { socket in
      socket.receiveDatagram(into: &span, &header)
    }
    return header
  }

  /// Receives datagrams into a batch.
  nonisolated(nonsending) func receive(
    into batch: inout ReceiveBatch,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) {
    batch.removeAll()
    _ = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      if let error = takeNetworkError() { return .failed(error) }
      let (result, isFull) = batch.receive(from: socket, coalesces: coalesces)
      // Fewer than there was room for: the queue is empty. What has come with an edge of its own
      // meanwhile, an error included, keeps the direction ready.
      return Registration.Attempt(result, usedUp: isFull ? .no : .unlessHungUp)
    }
  }

  /// Runs a single receive.
  @inline(__always)
  private nonisolated(nonsending) func receive(
    _ deadline: ContinuousClock.Instant?,
    skipsNetworkErrors: Bool,
    _ call: (Socket) -> Int
  ) async throws(OperationFailure) {
    // No edge will come for what is kept here: the next receive must not wait for one.
    defer { if hasRest.load(ordering: .relaxed) { registration.signal(.read) } }
    _ = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      if let error = takeNetworkError(), !skipsNetworkErrors { return .failed(error) }
      let result = call(socket)
      if result < 0, skipsNetworkErrors, Errno(Int32(-result)).isFromNetwork { return .again(.no) }
      return Registration.Attempt(result)
    }
  }

  /// Takes the next datagram of a piece that was split earlier.
  private func takeRest() -> Datagram<SocketAddress>? {
    guard hasRest.load(ordering: .relaxed) else { return nil }
    return rest.withLock { rest in
      defer { hasRest.store(!rest.isEmpty, ordering: .relaxed) }
      return rest.popLast()
    }
  }

  /// Splits what the kernel has handed over in one piece, and keeps all but the first datagram.
  private func split(_ piece: Datagram<SocketAddress>) -> Datagram<SocketAddress> {
    guard let size = piece.metadata.segmentSize, size < piece.payload.count else {
      return piece
    }
    let datagrams = stride(from: 0, to: piece.payload.count, by: size).map { start in
      let payload = Array(piece.payload[start..<min(start + size, piece.payload.count)])
      let header = DatagramHeader(
        sender: piece.sender,
        length: payload.count,
        metadata: piece.metadata
      )
      return Datagram(payload: payload, header: header)
    }
    rest.withLock { $0 = datagrams.dropFirst().reversed() }
    hasRest.store(true, ordering: .relaxed)
    return datagrams[0]
  }
}

extension Datagram {
  /// Drops what exceeds a length.
  fileprivate mutating func truncate(to limit: Int) {
    guard payload.count > limit else { return }
    payload.removeSubrange(limit...)
    header.payloadLength = limit
  }
}
