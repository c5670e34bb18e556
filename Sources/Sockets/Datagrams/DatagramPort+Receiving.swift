internal import Synchronization

extension DatagramPort {
  /// The receive of a datagram into an array of its own, and how far it has come.
  @usableFromInline
  struct Receiving {
    /// The most to take of the payload.
    fileprivate let limit: Int

    /// Whether to pass over what the kernel reports about the other end, and to wait while it has no memory.
    fileprivate let skipsErrors: Bool

    /// What is next; `nil` if it has not begun, or is done.
    fileprivate var step: WaiterState.Step?

    /// What it has met, which is told once.
    fileprivate var failure: Errno?

    /// One that has not begun.
    @usableFromInline
    init(upTo limit: Int, skipsErrors: Bool) {
      self.limit = limit
      self.skipsErrors = skipsErrors
    }
  }

  /// Begins to receive a datagram: most of the time a busy socket has one.
  ///
  /// Into the caller's parts of it, which saves copies.
  ///
  /// - Parameters:
  ///   - receiving: The receive; notes how it is to go on.
  ///   - payload: Receives the payload.
  ///   - header: Receives everything else; a ``blankHeader`` before.
  /// - Returns: Whether it is done.
  @usableFromInline
  func beginReceive(
    _ receiving: inout Receiving,
    _ payload: inout [UInt8],
    _ header: inout MessageHeader
  ) -> Bool {
    receiving.step = registration.begin(.read) { socket in
      let attempt = attempt(receiving, socket, &payload, &header)
      if case .failed(let error) = attempt { receiving.failure = error }
      return attempt
    }
    guard receiving.step == nil else { return false }
    signalRest()
    return true
  }

  /// Goes on with the receive of a datagram.
  ///
  /// - Parameters:
  ///   - receiving: The receive, begun or not.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  /// - Returns: The datagram.
  /// - Throws: Why there is none; nothing was taken.
  private nonisolated(nonsending) func message(
    _ receiving: Receiving,
    until deadline: Int64
  ) async throws(OperationFailure) -> Message {
    defer { signalRest() }
    var message = Message(header: blankHeader)
    do throws(OperationFailure) {
      _ = try await registration.perform(
        .read,
        whenBusy: .fail,
        until: deadline,
        claimed: receiving.step
      ) { socket in
        if let failure = receiving.failure { return .failed(failure) }
        return attempt(receiving, socket, &message.payload, &message.header)
      }
    } catch {
      // Cancelled just after the kernel has told it, once: the next receive tells it.
      if error == .cancelled, let met = receiving.failure, met.concernsTheOtherEnd { deliver(met) }
      throw error
    }
    return message
  }

  /// Makes one try to receive a datagram into an array of its own.
  @inline(never)
  private func attempt(
    _ receiving: Receiving,
    _ socket: Socket,
    _ payload: inout [UInt8],
    _ header: inout MessageHeader
  ) -> Registration.Attempt {
    attempt(socket, skipsErrors: receiving.skipsErrors) { socket in
      let limit = receiving.limit
      if coalesces, let first = takeRest() {
        (payload, header) = (first.payload, first.header)
        truncate(&payload, &header, to: limit)
        return 0
      }
      let pool = registration.loop.largeBuffers
      var memory: [UInt8] = []
      pool.lend(&memory)
      memory.reserveCapacity(BufferPool.largeSize)
      defer { pool.giveBack(&memory) }
      let room = coalesces ? 65_535 : limit
      let result = socket.receiveDatagram(upTo: room, &payload, &header, through: &memory)
      if result >= 0, coalesces {
        split(&payload, &header)
        truncate(&payload, &header, to: limit)
      }
      return result
    }
  }

  /// Receives a datagram as users see it.
  ///
  /// - Parameters:
  ///   - receiving: The receive, begun or not.
  ///   - deadline: When to give up, in ``LoopTime``; `.max` for never.
  /// - Returns: The datagram.
  /// - Throws: What users see.
  @usableFromInline
  nonisolated(nonsending) func receive(
    _ receiving: Receiving,
    until deadline: Int64
  ) async throws -> Message {
    do throws(OperationFailure) {
      return try await message(receiving, until: deadline)
    } catch {
      throw self.error(error, .receive)
    }
  }

  /// Receives the next datagram of a sequence.
  ///
  /// - Parameter receiving: The receive, begun or not.
  /// - Returns: The datagram; `nil` once the socket is closed.
  /// - Throws: What users see.
  @usableFromInline
  nonisolated(nonsending) func next(_ receiving: Receiving) async throws -> Message? {
    do throws(OperationFailure) {
      return try await message(receiving, until: .max)
    } catch .closed {
      return nil
    } catch {
      throw self.error(error, .receive)
    }
  }

  /// Receives a datagram into the caller's memory.
  nonisolated(nonsending) func receive(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> MessageHeader {
    if coalesces {
      let receiving = Receiving(upTo: min(span.freeCapacity, 65_535), skipsErrors: false)
      let datagram = try await message(receiving, until: LoopTime.end(deadline))
      for byte in datagram.payload { span.append(byte) }
      return datagram.header
    }
    var header = blankHeader
    try await receive(deadline) { socket in socket.receiveDatagram(into: &span, &header) }
    return header
  }

  /// Runs a single receive.
  @inline(__always)
  nonisolated(nonsending) func receive(
    _ deadline: ContinuousClock.Instant?,
    _ call: (Socket) -> Int
  ) async throws(OperationFailure) {
    defer { signalRest() }
    _ = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      attempt(socket, skipsErrors: false, call)
    }
  }

  /// Makes one try of a single receive.
  @inline(__always)
  private func attempt(
    _ socket: Socket,
    skipsErrors: Bool,
    _ call: (Socket) -> Int
  ) -> Registration.Attempt {
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

  /// Makes the reading side ready if there is a rest: no edge will come for it, and the next receive must not wait for one.
  @inline(__always)
  private func signalRest() {
    if hasRest.load(ordering: .relaxed) { registration.signal(.read) }
  }

  /// How long to wait for memory before the next try, in nanoseconds.
  private static let memoryPause: Int64 = 10_000_000

  /// A header still to be filled in.
  @usableFromInline var blankHeader: MessageHeader { MessageHeader(from: blankName) }

  /// Takes the next datagram of a piece that was split earlier.
  private func takeRest() -> Message? {
    guard hasRest.load(ordering: .relaxed) else { return nil }
    return rest.withLock { rest in
      defer { hasRest.store(!rest.isEmpty, ordering: .relaxed) }
      return rest.popLast()
    }
  }

  /// Splits what the kernel has handed over in one piece, and keeps all but the first datagram.
  private func split(_ payload: inout [UInt8], _ header: inout MessageHeader) {
    guard let size = header.metadata.segmentSize, size < payload.count else { return }
    let datagrams = stride(from: 0, to: payload.count, by: size).map { start -> Message in
      let part = Array(payload[start..<min(start + size, payload.count)])
      var header = header
      header.length = part.count
      header.payloadLength = part.count
      return Message(payload: part, header: header)
    }
    rest.withLock { $0 = datagrams.dropFirst().reversed() }
    hasRest.store(true, ordering: .relaxed)
    (payload, header) = (datagrams[0].payload, datagrams[0].header)
  }

  /// Drops what exceeds a length.
  private func truncate(
    _ payload: inout [UInt8],
    _ header: inout MessageHeader,
    to limit: Int
  ) {
    guard payload.count > limit else { return }
    payload.removeSubrange(limit...)
    header.payloadLength = limit
  }
}

extension Datagram {
  /// One that a socket has still to receive.
  @inlinable
  init(_ port: DatagramPort) {
    self.init(payload: [], header: DatagramHeader(port.blankHeader))
  }

  /// Shows what was received as one of the socket's transport.
  @inlinable
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
