extension DatagramSocket where Transport == UnixDatagram {
  /// Sends a datagram, and passes descriptors with it.
  ///
  /// The receiver gets descriptors of its own for the same open files; those in the batch stay this
  /// process's, and the caller may close them when this returns. The receiver has to ask for them, with
  /// ``receive(upTo:descriptors:descriptorLimit:deadline:)`` or its like: a plain receive drops them.
  ///
  /// Otherwise as ``send(_:to:deadline:)-(RawSpan,_,_)``. The corresponding C function is `sendmsg(2)`
  /// with `SCM_RIGHTS` (unix(7)).
  ///
  /// - Parameters:
  ///   - payload: The payload, at least one byte.
  ///   - descriptors: The descriptors, at most 253.
  ///   - address: The destination; `nil` for the peer of a connected socket.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``send(_:to:deadline:)-(RawSpan,_,_)``, and
  ///   ``SocketError/Code-swift.struct/invalidArgument`` for no byte or too many descriptors.
  public nonisolated(nonsending) func send(
    _ payload: [UInt8],
    passing descriptors: borrowing DescriptorBatch,
    to address: UnixAddress? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let numbers = descriptors.numbers
    if let detail = DescriptorBatch.refusal(count: numbers.count, byteCount: payload.count) {
      throw SocketError(
        .invalidArgument,
        operation: .send,
        localAddress: localAddress,
        remoteAddress: address ?? remoteAddress,
        detail: detail
      )
    }
    let name = address.map(KernelAddress.init)
    try await port.send(to: address, deadline: deadline) { socket in
      payload.withRawSpan { socket.send($0, passing: numbers, to: name) }
    }
  }

  /// Receives a datagram, and takes the descriptors that came with it.
  ///
  /// Those that were not asked for are closed, and ``DescriptorBatch/isTruncated`` says so. All are
  /// close-on-exec from birth. If cancelled, or out of time, nothing was taken. Otherwise as
  /// ``receive(upTo:deadline:)``.
  ///
  /// The corresponding C function is `recvmsg(2)` with `SCM_RIGHTS` (unix(7)).
  ///
  /// - Parameters:
  ///   - limit: The most to take of the payload, in bytes, at least 0.
  ///   - descriptors: Receives the descriptors behind those that it has.
  ///   - descriptorLimit: The most descriptors to take, 0 to 253.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: The datagram.
  /// - Throws: As ``receive(upTo:deadline:)``.
  public nonisolated(nonsending) func receive(
    upTo limit: Int = 65_535,
    descriptors: inout DescriptorBatch,
    descriptorLimit: Int = DescriptorBatch.maximumCount,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Datagram<UnixDatagram> {
    precondition(limit >= 0, "a limit of bytes is at least zero")
    precondition(descriptorLimit >= 0, "a limit of descriptors is at least zero")
    var datagram = DatagramPort.Message(header: port.blankHeader)
    do throws(OperationFailure) {
      try await port.receive(deadline) { socket in
        socket.receiveDatagram(
          upTo: limit,
          &datagram.payload,
          &datagram.header,
          &descriptors,
          descriptorLimit: descriptorLimit
        )
      }
    } catch {
      throw port.error(error, .receive)
    }
    return Datagram(datagram)
  }
}
