internal import Synchronization

extension Stream {
  /// Writes bytes, and descriptors with the first of them.
  nonisolated(nonsending) func write(
    _ bytes: [UInt8],
    passing descriptors: [Int32],
    deadline: ContinuousClock.Instant?
  ) async throws {
    try checkPassing(descriptors, with: bytes)
    try await write(count: bytes.count, until: LoopTime.end(deadline)) { socket, sent in
      // A partial write has taken the descriptors with it.
      if sent > 0 { return socket.send(bytes.span, after: sent) }
      return bytes.withRawSpan { socket.send($0.extracting(first: 1 << 20), passing: descriptors) }
    }
  }

  /// Refuses what the kernel would refuse, or drop without a word.
  func checkPassing(_ descriptors: [Int32], with bytes: [UInt8]) throws {
    let refusal = DescriptorBatch.refusal(count: descriptors.count, byteCount: bytes.count)
    guard let detail = refusal else { return }
    throw SocketError(
      .invalidArgument,
      operation: .write,
      localAddress: localName.address,
      remoteAddress: remoteName.address,
      bytesWritten: 0,
      detail: detail
    )
  }

  /// Reads bytes, and takes the descriptors that came with them.
  ///
  /// - Returns: The bytes; `nil` at the end of the stream.
  nonisolated(nonsending) func read(
    upTo limit: Int,
    descriptors: inout DescriptorBatch,
    descriptorLimit: Int,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) -> [UInt8]? {
    var bytes: [UInt8] = []
    let count = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) {
      socket in
      if hasBuffer.load(ordering: .relaxed) {
        var unread = takeBuffer()
        defer { putBack(&unread) }
        bytes = unread.take(min(unread.count, limit))
        descriptors.adopt(Span(), atMost: 0, isCut: false)
        return .done(bytes.count, usedUp: .no)
      }
      let (result, _) = socket.receive(
        appendingTo: &bytes,
        upTo: limit,
        isMessage: false,
        &descriptors,
        descriptorLimit: descriptorLimit
      )
      // A read that stops at descriptors is short, and has more behind it.
      return Registration.Attempt(counted(result), usedUp: .no)
    }
    return count == 0 ? nil : bytes
  }
}
