extension ByteStream {
  /// Reads into the caller's memory: what has arrived, whatever time it takes to come.
  ///
  /// - Parameter span: Receives the bytes at its end.
  /// - Returns: How many bytes were added; 0 at the end of the stream.
  /// - Throws: As ``read(into:deadline:)``.
  public nonisolated(nonsending) func read(into span: inout OutputRawSpan) async throws -> Int {
    try await read(into: &span, deadline: nil)
  }

  /// Reads what has arrived, up to a number of bytes.
  ///
  /// Suspends until there is something. If cancelled, or out of time, nothing was taken.
  ///
  /// - Parameters:
  ///   - limit: The most to read, in bytes, at least 1.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: At least one byte, or `nil` at the end of the stream, again and again.
  /// - Throws: As ``read(into:deadline:)``.
  @inlinable
  public nonisolated(nonsending) func read(
    upTo limit: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    precondition(limit > 0, "read(upTo:) needs a limit of at least one byte")
    return try await read(atLeast: 1, atMost: limit, deadline: deadline)
  }

  /// Reads a number of bytes, neither more nor less.
  ///
  /// Suspends until they are all there. Nothing is lost if it is cancelled, runs out of time, or the
  /// stream ends early: the bytes that had arrived stay in the stream, and the next read of any
  /// kind begins with them. Memory is taken as the bytes arrive, not in advance. A connection takes no
  /// more from the kernel than that many bytes.
  ///
  /// - Parameters:
  ///   - count: How many bytes, 0 or more.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: `count` bytes, or `nil` if the stream had ended before the first of them.
  /// - Throws: As ``read(into:deadline:)``, and ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if
  ///   the stream ends after the first of the bytes and before the last.
  @inlinable
  public nonisolated(nonsending) func read(
    exactly count: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    try await read(atLeast: count, atMost: count, deadline: deadline)
  }

  /// Reads at least a number of bytes, and more if they have arrived, up to another.
  ///
  /// Suspends until the least number is there. Nothing is lost if it is cut short, as with
  /// ``read(exactly:deadline:)``.
  ///
  /// - Parameters:
  ///   - least: How many bytes to wait for, 0 or more; for 0 it returns no bytes, at once.
  ///   - most: The most to read, at least `least`.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: `least...most` bytes, or `nil` if the stream had ended before the first of them.
  /// - Throws: As ``read(exactly:deadline:)``.
  @inlinable
  public nonisolated(nonsending) func read(
    atLeast least: Int,
    atMost most: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    precondition(least >= 0, "a read needs a number of bytes of at least zero")
    precondition(most >= least, "a read of at least \(least) bytes needs room for them")
    if least == 0 { return [] }
    return try await read(upTo: most, deadline: deadline) { buffer in
      buffer.count >= least ? buffer.take(min(buffer.count, most)) : nil
    }
  }

  /// Looks at what has arrived, up to a number of bytes, and leaves it for the next read.
  ///
  /// Suspends until there is something. Bytes that have been looked at lie in the stream's buffer.
  ///
  /// - Parameters:
  ///   - limit: The most to look at, in bytes, at least 1. It is not waited for.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: At least one byte, or `nil` at the end of the stream.
  /// - Throws: As ``read(into:deadline:)``.
  public nonisolated(nonsending) func peek(
    upTo limit: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    precondition(limit > 0, "a look needs a limit of at least one byte")
    return try await read(upTo: limit, deadline: deadline) { buffer in
      buffer.isEmpty ? nil : buffer.prefix(limit)
    }
  }

  /// Looks at the next bytes, at least so many, and leaves them for the next read.
  ///
  /// Suspends until they are there. Bytes that have been looked at lie in the stream's buffer.
  ///
  /// - Parameters:
  ///   - count: How many bytes to wait for, at least 1.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: At least `count` bytes: all that are in the buffer; `nil` if the stream had ended
  ///   before the first of them.
  /// - Throws: As ``read(exactly:deadline:)``.
  public nonisolated(nonsending) func peek(
    atLeast count: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    precondition(count > 0, "a look needs a number of bytes of at least one")
    return try await read(upTo: count, deadline: deadline) { buffer in
      buffer.count >= count ? buffer.prefix(buffer.count) : nil
    }
  }

  /// Reads an integer.
  ///
  /// ```swift
  /// let length = try await stream.read(UInt32.self)
  /// ```
  ///
  /// Nothing is lost if it is cut short, as with ``read(exactly:deadline:)``.
  ///
  /// - Parameters:
  ///   - type: The integer's type, which says how many bytes it has.
  ///   - order: The order of its bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: The integer, or `nil` if the stream had ended before the first byte.
  /// - Throws: As ``read(exactly:deadline:)``.
  @inlinable
  public nonisolated(nonsending) func read<Integer: FixedWidthInteger>(
    _ type: Integer.Type,
    byteOrder order: ByteOrder = .bigEndian,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Integer? {
    let size = Integer.bitWidth / 8
    return try await read(upTo: size, deadline: deadline) { buffer -> Integer? in
      guard let integer = buffer.integer(as: type, byteOrder: order) else { return nil }
      buffer.skip(size)
      return integer
    }
  }

  /// Reads a number of bytes and drops them.
  ///
  /// ```swift
  /// try await stream.skip(4)
  /// ```
  ///
  /// Suspends until they have all come. It needs no memory for them. If cancelled, or out of time, some may
  /// have been dropped, and nothing says how many: to go on from there, use ``skip(remaining:deadline:)``.
  ///
  /// - Parameters:
  ///   - count: How many bytes, 0 or more.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``skip(remaining:deadline:)``.
  public nonisolated(nonsending) func skip(
    _ count: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    var remaining = count
    try await skip(remaining: &remaining, deadline: deadline)
  }

  /// Reads a number of bytes and drops them, and counts off what it has dropped.
  ///
  /// As ``skip(_:deadline:)``; a skip that is cancelled, or out of time, can be taken up where it was left,
  /// with the same variable.
  ///
  /// - Parameters:
  ///   - remaining: How many bytes are to be dropped, 0 or more; afterwards, how many still are: 0 unless it
  ///     throws.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``read(into:deadline:)``, and ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if
  ///   the stream ends before.
  public nonisolated(nonsending) func skip(
    remaining: inout Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    precondition(remaining >= 0, "a skip needs a number of bytes of at least zero")
    while remaining > 0 {
      let left = remaining
      let limit = min(left, BufferPool.size)
      let dropped = try await read(upTo: limit, deadline: deadline) { buffer -> Int in
        if buffer.isEmpty {
          let detail = "\(left) bytes were still to be skipped"
          throw SocketError(.unexpectedEndOfStream, operation: .read, detail: detail)
        }
        let dropped = min(buffer.count, left)
        buffer.skip(dropped)
        return dropped
      }
      remaining -= dropped ?? 0
    }
  }
}
