extension ByteStream {
  /// The incoming frames, until the end of the stream.
  ///
  /// ```swift
  /// for try await frame in connection.frames(using: LengthPrefixFraming(.uint32)) { … }
  /// ```
  ///
  /// Nothing is lost if a wait for a frame is cancelled or a loop ends in the middle of the stream: what
  /// is not handed out stays there, and the next loop, or read of any kind, begins with it. (What
  /// the decoder remembers ends with its loop.)
  ///
  /// The sequence throws as ``read(into:deadline:)``, and
  /// ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if the stream ends in the middle of a frame;
  /// the pieces of it can then be read. An error of the decoder, such as
  /// ``SocketError/Code-swift.struct/limitExceeded``, comes again with every try until the bytes are
  /// read in another way. Writing is not affected.
  ///
  /// - Parameter decoder: The framing.
  /// - Returns: The sequence; for one task at a time.
  public func frames<Decoder: FrameDecoder & Sendable>(
    using decoder: Decoder
  ) -> Frames<Self, Decoder> {
    Frames(stream: self, decoder: decoder)
  }

  /// The incoming lines as text, until the end of the stream.
  ///
  /// ```swift
  /// for try await line in connection.lines() { … }
  /// ```
  ///
  /// A line ends with LF or CRLF, which it is handed out without; a CR elsewhere is a part of the line. If
  /// the stream ends with a line that has no end, that line is handed out too. Bytes that are not
  /// UTF-8 become U+FFFD; for the bytes themselves, use ``frames(using:)`` with
  /// ``DelimiterFraming``. Otherwise as ``frames(using:)``.
  ///
  /// A line costs one allocation, its text's, and none if it has at most 15 bytes.
  ///
  /// - Parameter limit: The most bytes of a line, without its end. A longer one throws
  ///   ``SocketError/Code-swift.struct/limitExceeded``, and stays in the stream.
  /// - Returns: The sequence; for one task at a time.
  public func lines(limit: Int = 65_536) -> Frames<Self, LineFraming> {
    frames(using: LineFraming(limit: limit))
  }
}

/// The incoming frames of a stream, as an asynchronous sequence: see ``ByteStream/frames(using:)`` and
/// ``ByteStream/lines(limit:)``.
public struct Frames<Stream: ByteStream, Decoder: FrameDecoder & Sendable>: AsyncSequence, Sendable
{
  @usableFromInline let stream: Stream
  @usableFromInline let decoder: Decoder

  /// Begins to iterate.
  ///
  /// - Returns: An iterator, for one task.
  @inlinable
  public func makeAsyncIterator() -> Iterator { Iterator(stream: stream, decoder: decoder) }

  /// The position in the incoming stream: for one task.
  public struct Iterator: AsyncIteratorProtocol {
    @usableFromInline let stream: Stream
    @usableFromInline var decoder: Decoder

    /// What was decoded, until it is handed out.
    ///
    /// Not a variable of `next`, which would be set up for each frame.
    @usableFromInline var frame: Decoder.Frame?

    @inlinable
    init(stream: Stream, decoder: Decoder) {
      self.stream = stream
      self.decoder = decoder
    }

    /// Waits for the next frame.
    ///
    /// - Parameter actor: The caller's isolation.
    /// - Returns: The frame, or `nil` at the end of the stream.
    /// - Throws: As ``ByteStream/frames(using:)`` says.
    @inlinable
    public nonisolated(nonsending) mutating func next(
      isolation actor: (any Actor)? = #isolation
    ) async throws -> Decoder.Frame? {
      _ = try await stream.fill(upTo: .max, deadline: nil) { buffer in
        frame = try decoder.decode(&buffer)
        return frame != nil
      }
      return frame.take()
    }

    /// Waits for the next frame, until a deadline.
    ///
    /// - Parameter deadline: When to give up waiting.
    /// - Returns: The frame, or `nil` at the end of the stream.
    /// - Throws: As ``ByteStream/frames(using:)`` says, and
    ///   ``SocketError/Code-swift.struct/timedOut``.
    @inlinable
    public nonisolated(nonsending) mutating func next(
      deadline: ContinuousClock.Instant
    ) async throws -> Decoder.Frame? {
      try await stream.read(deadline: deadline) { buffer in try decoder.decode(&buffer) }
    }
  }
}

@available(*, unavailable)
extension Frames.Iterator: Sendable {}
