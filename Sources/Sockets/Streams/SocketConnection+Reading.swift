extension SocketConnection {
  /// Reads into the caller's memory: what has arrived, up to the span's free capacity.
  ///
  /// Suspends until there is something. Allocates nothing. If cancelled, or out of time, nothing was
  /// consumed.
  ///
  /// The corresponding C function is `recv(2)`.
  ///
  /// - Parameters:
  ///   - span: Receives the bytes at its end.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: How many bytes were added; 0 at the end of the stream, again and again. A span without
  ///   free capacity receives 0 bytes at once.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/connectionReset`` (after the bytes that arrived before it, then
  ///   always), ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/concurrentRead``.
  public nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Int {
    do throws(OperationFailure) {
      return try await stream.read(into: &span, deadline: deadline)
    } catch {
      throw stream.error(error, .read)
    }
  }

  /// The incoming bytes in the pieces in which they arrive, until the end of the stream.
  ///
  /// ```swift
  /// for try await chunk in connection.chunks { … }
  /// ```
  ///
  /// Each chunk is an array of 1 to 16,384 bytes, and behind one of 16,384 or more of up to 65,536. Its storage
  /// is used again for the next one, unless the program has kept the chunk; so a loop that keeps none
  /// allocates nothing. While it waits, a loop holds no storage. A chunk that is kept keeps storage for
  /// 16,384 or 65,536 bytes.
  ///
  /// The iterator throws as ``read(into:deadline:)``. Several loops may follow each other on one
  /// connection; none of them takes a byte that it does not hand out.
  public var chunks: Chunks { Chunks(stream: stream) }

  /// The incoming bytes of a connection, as an asynchronous sequence of arrays.
  public struct Chunks: AsyncSequence, Sendable {
    let stream: Stream

    /// Begins to iterate.
    ///
    /// - Returns: An iterator, for one task.
    public func makeAsyncIterator() -> Iterator { Iterator(stream: stream) }

    /// The position in the incoming stream: for one task.
    public struct Iterator: AsyncIteratorProtocol {
      @usableFromInline let stream: Stream
      @usableFromInline var chunk: [UInt8] = []

      init(stream: Stream) { self.stream = stream }

      /// Waits for the next piece.
      ///
      /// - Parameter actor: The caller's isolation.
      /// - Returns: 1 to 65,536 bytes, or `nil` at the end of the stream.
      /// - Throws: As ``SocketConnection/read(into:deadline:)``.
      @inlinable
      public nonisolated(nonsending) mutating func next(
        isolation actor: (any Actor)? = #isolation
      ) async throws -> [UInt8]? {
        // Inlined, and on the caller's executor by its own kind rather than by that of `actor`: so this is the loop's own
        // code, where a call, or another name for the same executor, would make the task look for it once more.
        try await stream.nextChunk(&chunk) ? chunk : nil
      }
    }
  }
}

@available(*, unavailable)
extension SocketConnection.Chunks.Iterator: Sendable {}
