extension SeqPacketConnection {
  /// Sends one message: all of it, or nothing.
  ///
  /// Suspends while the kernel has no room for it. If cancelled, or out of time, nothing was sent.
  ///
  /// The corresponding C function is `sendmsg(2)`.
  ///
  /// - Parameters:
  ///   - bytes: The message; none for an empty one. The longest is a little less than the socket's send
  ///     buffer, some 200 KB unless configured otherwise.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``:
  ///   ``SocketError/Code-swift.struct/messageTooLong`` (the connection can be used further),
  ///   ``SocketError/Code-swift.struct/timedOut``, ``SocketError/Code-swift.struct/connectionReset``,
  ///   ``SocketError/Code-swift.struct/brokenPipe``, ``SocketError/Code-swift.struct/closed``.
  public nonisolated(nonsending) func send(
    _ bytes: [UInt8],
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.send(message: bytes, deadline: deadline)
  }

  /// Sends one message, and passes descriptors with it.
  ///
  /// The descriptors stay this process's own too. The peer has to ask for them, with
  /// ``receive(upTo:descriptors:descriptorLimit:deadline:)`` or its like: a plain receive drops them.
  ///
  /// The corresponding C function is `sendmsg(2)` with `SCM_RIGHTS` (unix(7)).
  ///
  /// - Parameters:
  ///   - bytes: The message, at least one byte.
  ///   - descriptors: The descriptors, at most 253.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``send(_:deadline:)``, and ``SocketError/Code-swift.struct/invalidArgument`` for no byte
  ///   or too many descriptors.
  public nonisolated(nonsending) func send(
    _ bytes: [UInt8],
    passing descriptors: borrowing DescriptorBatch,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.send(message: bytes, passing: descriptors.numbers, deadline: deadline)
  }

  /// Receives the next message.
  ///
  /// Suspends until there is one. If cancelled, or out of time, nothing was consumed.
  ///
  /// The corresponding C function is `recvmsg(2)` with `MSG_TRUNC`.
  ///
  /// - Parameters:
  ///   - limit: The most bytes to take; what the message has beyond them is lost, and
  ///     ``Message/isTruncated`` says so.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: The message, which may be empty, or `nil` at the end, again and again.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/connectionReset``, ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/concurrentRead``.
  public nonisolated(nonsending) func receive(
    upTo limit: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Message? {
    var none = DescriptorBatch()
    return try await receive(
      upTo: limit,
      descriptors: &none,
      descriptorLimit: 0,
      deadline: deadline
    )
  }

  /// Receives the next message, and takes the descriptors that came with it.
  ///
  /// Those that were not asked for are closed, and ``DescriptorBatch/isTruncated`` says so. All are
  /// close-on-exec from birth. If cancelled, or out of time, nothing was consumed.
  ///
  /// The corresponding C function is `recvmsg(2)` with `SCM_RIGHTS` (unix(7)).
  ///
  /// - Parameters:
  ///   - limit: The most bytes to take.
  ///   - descriptors: Receives the descriptors behind those that it has.
  ///   - descriptorLimit: The most descriptors to take, 0 to 253.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: The message, or `nil` at the end.
  /// - Throws: As ``receive(upTo:deadline:)``.
  public nonisolated(nonsending) func receive(
    upTo limit: Int,
    descriptors: inout DescriptorBatch,
    descriptorLimit: Int = DescriptorBatch.maximumCount,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Message? {
    precondition(limit >= 0, "a limit of bytes is at least zero")
    precondition(descriptorLimit >= 0, "a limit of descriptors is at least zero")
    return try await stream.receive(
      upTo: limit,
      descriptors: &descriptors,
      descriptorLimit: descriptorLimit,
      deadline: deadline
    )
  }

  /// The messages that arrive, until the end.
  ///
  /// No empty and no truncated message ends it.
  ///
  /// - Parameter limit: The most bytes to take of each.
  /// - Returns: The sequence, whose iterator throws as ``receive(upTo:deadline:)``.
  public func messages(upTo limit: Int = 65_536) -> Messages {
    Messages(connection: self, limit: limit)
  }

  /// The messages of a connection, as an asynchronous sequence.
  public struct Messages: AsyncSequence, Sendable {
    let connection: SeqPacketConnection
    let limit: Int

    /// Begins to iterate.
    ///
    /// - Returns: An iterator, for one task.
    public func makeAsyncIterator() -> Iterator { Iterator(connection: connection, limit: limit) }

    /// The position in the sequence: for one task.
    public struct Iterator: AsyncIteratorProtocol {
      let connection: SeqPacketConnection
      let limit: Int

      /// Waits for the next message.
      ///
      /// - Parameter actor: The caller's isolation.
      /// - Returns: The message, or `nil` at the end.
      /// - Throws: As ``SeqPacketConnection/receive(upTo:deadline:)``.
      public nonisolated(nonsending) mutating func next(
        isolation actor: (any Actor)? = #isolation
      ) async throws -> Message? {
        try await connection.receive(upTo: limit)
      }
    }
  }
}

@available(*, unavailable)
extension SeqPacketConnection.Messages.Iterator: Sendable {}
