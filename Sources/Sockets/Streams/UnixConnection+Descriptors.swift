extension SocketConnection where Transport == Unix {
  /// Writes bytes, all of them, and passes descriptors with the first.
  ///
  /// The peer gets descriptors of its own for the same open files; those in the batch stay this
  /// process's, and the caller may close them when this returns. The peer has to ask for them, with
  /// ``read(upTo:descriptors:descriptorLimit:deadline:)`` or its like: a plain read drops them.
  ///
  /// Whatever the number of bytes that the kernel takes at once, the descriptors go out once, with the
  /// first byte. If the error's ``SocketError/bytesWritten`` is not 0, they have gone.
  ///
  /// Otherwise as ``write(_:deadline:)-(RawSpan,_)``. The corresponding C function is `sendmsg(2)` with
  /// `SCM_RIGHTS` (unix(7)).
  ///
  /// - Parameters:
  ///   - bytes: The bytes, at least one.
  ///   - descriptors: The descriptors, at most 253.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``, and
  ///   ``SocketError/Code-swift.struct/invalidArgument`` for no byte or too many descriptors; nothing is
  ///   written then.
  public nonisolated(nonsending) func write(
    _ bytes: [UInt8],
    passing descriptors: borrowing DescriptorBatch,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.write(bytes, passing: descriptors.numbers, deadline: deadline)
  }

  /// Writes bytes, all of them, and passes one descriptor with the first.
  ///
  /// As ``write(_:passing:deadline:)-([UInt8],DescriptorBatch,_)``.
  ///
  /// - Parameters:
  ///   - bytes: The bytes, at least one.
  ///   - descriptor: The descriptor, which stays the caller's.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:passing:deadline:)-([UInt8],DescriptorBatch,_)``.
  public nonisolated(nonsending) func write(
    _ bytes: [UInt8],
    passing descriptor: borrowing OwnedDescriptor,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let number = descriptor.withUnsafeDescriptor { $0 }
    try await stream.write(bytes, passing: [number], deadline: deadline)
  }

  /// Reads what has arrived, up to a number of bytes, and takes the descriptors that came with them.
  ///
  /// ```swift
  /// var descriptors = DescriptorBatch()
  /// let bytes = try await connection.read(upTo: 4096, descriptors: &descriptors)
  /// while let descriptor = descriptors.popFirst() { … }
  /// ```
  ///
  /// One read brings the descriptors of one write at most, no later than the last byte that was
  /// written with them: bytes written before may come with them, bytes written after do not. All are
  /// close-on-exec from birth. Those that were not asked for are closed, and
  /// ``DescriptorBatch/isTruncated`` says so.
  ///
  /// If cancelled, or out of time, nothing was consumed: neither bytes nor descriptors.
  ///
  /// The corresponding C function is `recvmsg(2)` with `SCM_RIGHTS` (unix(7)).
  ///
  /// - Parameters:
  ///   - limit: The most to read, in bytes, at least 1.
  ///   - descriptors: Receives the descriptors behind those that it has.
  ///   - descriptorLimit: The most descriptors to take, 0 to 253.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: At least one byte, or `nil` at the end of the stream, again and again.
  /// - Throws: As ``read(into:deadline:)``.
  public nonisolated(nonsending) func read(
    upTo limit: Int,
    descriptors: inout DescriptorBatch,
    descriptorLimit: Int = DescriptorBatch.maximumCount,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    precondition(limit > 0, "read(upTo:) needs a limit of at least one byte")
    precondition(descriptorLimit >= 0, "a limit of descriptors is at least zero")
    do throws(OperationFailure) {
      return try await stream.read(
        upTo: limit,
        descriptors: &descriptors,
        descriptorLimit: descriptorLimit,
        deadline: deadline
      )
    } catch {
      throw stream.error(error, .read)
    }
  }
}
