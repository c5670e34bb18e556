/// Bytes in both directions, in order, each direction with an end of its own: what connections, pipes in
/// memory, and streams that are built on other streams have in common.
///
/// Code that is written for `some ByteStream` runs on each of them. Conforming types supply the members
/// below; all other ways to read and write, such as ``read(exactly:deadline:)`` and
/// ``lines(limit:)``, follow from them.
///
/// ## The contract
///
/// - Reading is for one task at a time: a second read throws
///   ``SocketError/Code-swift.struct/concurrentRead`` at once and harms nobody. Writes go out whole, in
///   the order of the calls. Reading and writing do not wait for each other.
/// - The end of the incoming stream is a value, `nil` or 0, again and again. It ends reading only.
/// - ``close()`` ends pending operations of other tasks, and all later ones, with
///   ``SocketError/Code-swift.struct/closed``.
/// - An operation that is cancelled or runs out of time leaves the stream in order. A read has taken
///   nothing that the next read, of whatever kind, does not begin with (a skip has dropped what it has
///   dropped: ``skip(remaining:deadline:)`` says how much is left). A write throws
///   `CancellationError` if nothing of it went out, otherwise a ``SocketError`` whose
///   ``SocketError/bytesWritten`` says how much did.
/// - In a task that is cancelled already, no operation begins.
public protocol ByteStream: Sendable {
  /// The sequence of ``chunks``.
  associatedtype Chunks: AsyncSequence<[UInt8], any Error> & Sendable = Frames<Self, ChunkDecoder>

  /// The incoming bytes in the pieces in which they arrive, until the end of the stream.
  ///
  /// Each chunk has 1 to 65,536 bytes. By itself it is an array of its own; a stream that can use
  /// storage again has its own sequence.
  var chunks: Chunks { get }

  /// Reads into the caller's memory: what has arrived, up to the span's free capacity.
  ///
  /// Suspends until there is something. If cancelled, or out of time, nothing was taken.
  ///
  /// - Parameters:
  ///   - span: Receives the bytes at its end.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: How many bytes were added; 0 at the end of the stream, again and again. A span without
  ///   free capacity receives 0 bytes at once.
  /// - Throws: `CancellationError`, or ``SocketError``.
  nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws -> Int

  /// Fills a buffer with incoming bytes until a closure is satisfied with them.
  ///
  /// All buffered reads are made of this one, most of them by way of
  /// ``read(upTo:deadline:decoding:)``.
  ///
  /// Suspends until the closure is satisfied. Bytes that have arrived and that it has not taken stay in
  /// the stream, whether the call returns, throws, is cancelled or runs out of time; the next
  /// read of any kind begins with them. So a closure that takes bytes only when it is satisfied loses
  /// nothing.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that the buffer may hold, at least 1. A stream that gets its bytes from
  ///     somewhere else, such as the kernel, takes no more from there than this allows.
  ///   - deadline: When to give up waiting; `nil` for never.
  ///   - isDone: Looks at the bytes that have arrived, takes what it wants, and says whether it is
  ///     satisfied. It is tried first with what is there (not with no bytes), then each time that
  ///     more have arrived, and at last, with ``ReadBuffer/isAtEnd``, when the stream has ended.
  ///     What it throws ends the call.
  /// - Returns: Whether the closure was satisfied; `false` if the stream has ended and no byte is left.
  /// - Throws: `CancellationError`, ``SocketError``, or the closure's error:
  ///   ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if the stream has ended and the
  ///   closure is not satisfied with the bytes that are left,
  ///   ``SocketError/Code-swift.struct/limitExceeded`` if it is not with as many as the buffer may hold.
  nonisolated(nonsending) func fill(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool

  /// Writes bytes: all of them.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``:
  ///   ``SocketError/Code-swift.struct/brokenPipe`` if the peer takes no more, or after
  ///   ``finish(deadline:)``.
  nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    deadline: ContinuousClock.Instant?
  ) async throws

  /// Writes several arrays of bytes one after the other, as one write.
  ///
  /// By itself it joins them first; a stream that need not do so has its own.
  ///
  /// - Parameters:
  ///   - arrays: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  nonisolated(nonsending) func write(
    gathering arrays: [[UInt8]],
    deadline: ContinuousClock.Instant?
  ) async throws

  /// Ends the outgoing stream: the peer reads everything that was written, and then the end.
  ///
  /// Waits for writes that were begun before. Finishing twice is harmless.
  ///
  /// - Parameter deadline: When to give up waiting for earlier writes; `nil` for never.
  /// - Throws: `CancellationError` or ``SocketError``; the stream is then not ended.
  nonisolated(nonsending) func finish(deadline: ContinuousClock.Instant?) async throws

  /// Closes the stream, in good order: what was written still reaches the peer.
  ///
  /// Closing twice is harmless.
  func close()

  /// Aborts the stream: what was written and not yet read may be lost, and the peer learns that the
  /// stream did not end as it should.
  func reset()

  /// Whether the stream was closed by this end.
  var isClosed: Bool { get }
}
