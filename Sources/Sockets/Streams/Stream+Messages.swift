/// Streams whose writes keep their boundaries.
extension Stream {
  /// Sends one message: all or nothing.
  nonisolated(nonsending) func send(
    message bytes: [UInt8],
    passing descriptors: [Int32] = [],
    deadline: ContinuousClock.Instant?
  ) async throws {
    try checkPassing(descriptors, with: bytes)
    try await attempt(.write) { () async throws(OperationFailure) in
      _ = try await registration.perform(.write, whenBusy: .queue, deadline: deadline) { socket in
        if let refusal = refusal() { return .failed(refusal) }
        let result = bytes.withRawSpan { socket.send($0, passing: descriptors) }
        if result < 0 { return Registration.Attempt(checkedWrite(result)) }
        registration.count(result, .write)
        return .done(result, usedUp: .no)
      }
    }
  }

  /// Receives one message.
  ///
  /// - Returns: Its bytes, cut at the limit, and how many it had; `nil` at the end of the stream.
  nonisolated(nonsending) func receive(
    upTo limit: Int,
    descriptors: inout DescriptorBatch,
    descriptorLimit: Int,
    deadline: ContinuousClock.Instant?
  ) async throws -> SeqPacketConnection.Message? {
    var bytes: [UInt8] = []
    var isMessage = false
    do throws(OperationFailure) {
      let length = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) {
        socket in
        let (result, isMarked) = socket.receive(
          appendingTo: &bytes,
          upTo: limit,
          isMessage: true,
          &descriptors,
          descriptorLimit: descriptorLimit
        )
        isMessage = isMarked
        return Registration.Attempt(isMarked && result == 0 ? 0 : counted(result))
      }
      return isMessage ? SeqPacketConnection.Message(payload: bytes, length: length) : nil
    } catch {
      throw self.error(error, .read)
    }
  }

  /// Makes the kernel tell empty messages from the end.
  func markMessages() throws {
    do throws(OperationFailure) {
      try registration.use { (socket) throws(Errno) in try socket.markMessages() }
    } catch {
      throw self.error(error, .option)
    }
  }
}
