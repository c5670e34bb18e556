internal import Synchronization

extension DatagramPort {
  /// Receives a datagram into an array of its own.
  ///
  /// - Parameters:
  ///   - limit: The most to take of the payload.
  ///   - deadline: When to give up.
  ///   - skipsErrors: Whether to pass over what the kernel reports about the other end, and to wait
  ///     while it has no memory.
  /// - Returns: The datagram.
  /// - Throws: Why there is none; nothing was taken.
  nonisolated(nonsending) func receive(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    skipsErrors: Bool
  ) async throws(OperationFailure) -> Message {
    var datagram = Message(header: blankHeader)
    try await receive(deadline, skipsErrors: skipsErrors) { socket in
      if let first = takeRest() {
        datagram = first
        datagram.truncate(to: limit)
        return 0
      }
      let pool = registration.loop.largeBuffers
      var memory: [UInt8] = []
      pool.lend(&memory)
      memory.reserveCapacity(BufferPool.largeSize)
      defer { pool.giveBack(&memory) }
      let result = socket.receiveDatagram(
        upTo: coalesces ? 65_535 : limit,
        &datagram.payload,
        &datagram.header,
        through: &memory
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
  ) async throws(OperationFailure) -> MessageHeader {
    if coalesces {
      let limit = min(span.freeCapacity, 65_535)
      let datagram = try await receive(upTo: limit, deadline: deadline, skipsErrors: false)
      for byte in datagram.payload { span.append(byte) }
      return datagram.header
    }
    var header = blankHeader
    try await receive(deadline, skipsErrors: false) { socket in
      socket.receiveDatagram(into: &span, &header)
    }
    return header
  }

  /// Runs a single receive.
  @inline(__always)
  nonisolated(nonsending) func receive(
    _ deadline: ContinuousClock.Instant?,
    skipsErrors: Bool,
    _ call: (Socket) -> Int
  ) async throws(OperationFailure) {
    // No edge will come for what is kept here: the next receive must not wait for one.
    defer { if hasRest.load(ordering: .relaxed) { registration.signal(.read) } }
    _ = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      if let error = takeNetworkError(), !skipsErrors { return .failed(error) }
      let result = call(socket)
      if result > 0 { registration.count(result, .read) }
      if result < 0, skipsErrors {
        let error = Errno(Int32(-result))
        if error.concernsTheOtherEnd { return .again(.no) }
        // The datagram is still there, and no edge comes when there is memory again.
        if error.isLackOfMemory { return .later(LoopTime.now + Self.memoryPause) }
      }
      return Registration.Attempt(result)
    }
  }

  /// How long to wait for memory before the next try, in nanoseconds.
  private static let memoryPause: Int64 = 10_000_000

  /// A header still to be filled in.
  var blankHeader: MessageHeader { MessageHeader(from: localName.anonymous) }

  /// Takes the next datagram of a piece that was split earlier.
  private func takeRest() -> Message? {
    guard hasRest.load(ordering: .relaxed) else { return nil }
    return rest.withLock { rest in
      defer { hasRest.store(!rest.isEmpty, ordering: .relaxed) }
      return rest.popLast()
    }
  }

  /// Splits what the kernel has handed over in one piece, and keeps all but the first datagram.
  private func split(_ piece: Message) -> Message {
    guard let size = piece.header.metadata.segmentSize, size < piece.payload.count else {
      return piece
    }
    let datagrams = stride(from: 0, to: piece.payload.count, by: size).map { start -> Message in
      let payload = Array(piece.payload[start..<min(start + size, piece.payload.count)])
      var header = piece.header
      header.length = payload.count
      header.payloadLength = payload.count
      return Message(payload: payload, header: header)
    }
    rest.withLock { $0 = datagrams.dropFirst().reversed() }
    hasRest.store(true, ordering: .relaxed)
    return datagrams[0]
  }
}

extension DatagramPort.Message {
  /// Drops what exceeds a length.
  fileprivate mutating func truncate(to limit: Int) {
    guard payload.count > limit else { return }
    payload.removeSubrange(limit...)
    header.payloadLength = limit
  }
}

extension Datagram {
  /// Shows what was received as one of the socket's transport.
  init(_ message: DatagramPort.Message) {
    self.init(payload: message.payload, header: DatagramHeader(message.header))
  }
}

extension Errno {
  /// Whether a receive reports with it, once, what became of the other end: what the network says about
  /// an earlier datagram, or that a Unix-domain peer has turned to somebody else.
  fileprivate var concernsTheOtherEnd: Bool { isFromNetwork || self == .connectionReset }

  /// Whether the kernel had no memory for the call.
  fileprivate var isLackOfMemory: Bool { self == .noMemory || self == .noBufferSpace }
}
