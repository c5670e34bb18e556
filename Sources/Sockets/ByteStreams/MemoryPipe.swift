internal import Synchronization

/// One end of a pipe in memory: a byte stream between two tasks of one process, without a socket.
///
/// ```swift
/// let (client, server) = try MemoryPipe.pair()
/// try await client.write("hello\n")
/// for try await line in server.lines() { … }
/// ```
///
/// It behaves as a connection does: for tests of protocols that are written for a ``ByteStream``, and to
/// connect parts of a program that speak one. No descriptor is opened for it.
///
/// A pipe holds a limited number of bytes for each direction; when they are there, the writer waits for
/// the reader. An end is a handle: copies of it are the same end, and when the last one is gone, the end is
/// closed. It may be used from any task.
public struct MemoryPipe: ByteStream {
  private let end: End

  /// Makes a pipe.
  ///
  /// - Parameters:
  ///   - capacity: The most bytes that wait in one direction, at least 1.
  ///   - reactor: The reactor that keeps the deadlines of both ends; `nil` for the next of the shared ones.
  /// - Returns: Both ends.
  /// - Throws: ``SocketError`` if no reactor can be started, or this one was stopped.
  public static func pair(
    capacity: Int = 65_536,
    on reactor: Reactor? = nil
  ) throws -> (MemoryPipe, MemoryPipe) {
    precondition(capacity > 0, "a pipe needs room for at least one byte")
    let reactor = try reactor ?? .nextShared()
    let (there, back) = (MemoryChannel(capacity: capacity), MemoryChannel(capacity: capacity))
    do throws(OperationFailure) {
      let first = try End(reactor, incoming: back, outgoing: there)
      return (
        MemoryPipe(end: first), MemoryPipe(end: try End(reactor, incoming: there, outgoing: back))
      )
    } catch {
      throw error.error(.reactor)
    }
  }

  /// The reactor that keeps the deadlines of this end.
  ///
  /// Tasks that prefer it as their executor need no other thread to go on when bytes come.
  public var reactor: Reactor { end.stream.reactor }

  /// Whether this end was closed.
  public var isClosed: Bool { end.stream.registration.isClosed }

  /// Reads into the caller's memory: what has arrived, up to the span's free capacity.
  ///
  /// Otherwise as ``ByteStream/read(into:deadline:)``. Allocates nothing.
  ///
  /// - Parameters:
  ///   - span: Receives the bytes at its end.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: How many bytes were added; 0 at the end of the stream, again and again.
  /// - Throws: `CancellationError`, or ``SocketError``.
  public nonisolated(nonsending) func read(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Int {
    do throws(OperationFailure) {
      return try await end.stream.read(into: &span, deadline: deadline)
    } catch {
      throw end.stream.error(error, .read)
    }
  }

  /// Fills a buffer with incoming bytes until a closure is satisfied with them: see
  /// ``ByteStream/fill(upTo:deadline:until:)``.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that the buffer may hold, at least 1.
  ///   - deadline: When to give up waiting; `nil` for never.
  ///   - isDone: Takes what it wants out of the bytes, and says whether it is satisfied.
  /// - Returns: Whether the closure was satisfied; `false` if the stream has ended and no byte is left.
  /// - Throws: As ``ByteStream/fill(upTo:deadline:until:)``.
  public nonisolated(nonsending) func fill(
    upTo limit: Int = .max,
    deadline: ContinuousClock.Instant? = nil,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    precondition(limit > 0, "a read needs room for at least one byte")
    return try await end.stream.fill(upTo: limit, until: LoopTime.end(deadline), until: isDone)
  }

  /// Writes bytes: all of them.
  ///
  /// Returns when the pipe has every byte, though the other end need not have read them. If cancelled, or
  /// out of time, the error's ``SocketError/bytesWritten`` says how many it has.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``:
  ///   ``SocketError/Code-swift.struct/brokenPipe`` if the other end is closed, or after
  ///   ``finish(deadline:)``; ``SocketError/Code-swift.struct/connectionReset`` if it was reset.
  public nonisolated(nonsending) func write(
    _ bytes: RawSpan,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await end.stream.write(bytes, until: LoopTime.end(deadline))
  }

  /// Writes several arrays of bytes one after the other, as one write.
  ///
  /// - Parameters:
  ///   - arrays: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func write(
    gathering arrays: [[UInt8]],
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await end.stream.write(gathering: arrays, until: LoopTime.end(deadline))
  }

  /// Ends the outgoing stream: the other end reads everything that was written, and then the end.
  ///
  /// - Parameter deadline: When to give up waiting for earlier writes; `nil` for never.
  /// - Throws: `CancellationError` or ``SocketError``; the stream is then not ended.
  public nonisolated(nonsending) func finish(
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await end.stream.finish(deadline: deadline)
  }

  /// Closes this end: the other one reads everything that was written, and then the end.
  ///
  /// If bytes for this end are left unread, the other one gets
  /// ``SocketError/Code-swift.struct/connectionReset`` in place of the end, as with a socket.
  public func close() { end.close(aborting: false) }

  /// Aborts the stream: the other end reads what was written, and then
  /// ``SocketError/Code-swift.struct/connectionReset``.
  public func reset() { end.close(aborting: true) }

  /// What the handles on one end share.
  private final class End: Sendable {
    let stream: Stream
    private let incoming: MemoryChannel
    private let outgoing: MemoryChannel
    private let isClosed = Atomic(false)

    init(
      _ reactor: Reactor,
      incoming: MemoryChannel,
      outgoing: MemoryChannel
    ) throws(OperationFailure) {
      let kernel = Kernel.memory(incoming: incoming, outgoing: outgoing)
      let registration = try reactor.loop.register(nil, initial: .untried, kernel: kernel)
      stream = Stream(reactor: reactor, registration: registration)
      self.incoming = incoming
      self.outgoing = outgoing
      incoming.onReadable { registration.signal(.read, hangUp: $0) }
      outgoing.onWritable { registration.signal(.write, hangUp: $0) }
    }

    deinit { close(aborting: false) }

    /// Fails what waits here, then tells the other end.
    func close(aborting: Bool) {
      if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
      stream.registration.close()
      incoming.onReadable(nil)
      outgoing.onWritable(nil)
      let hasUnread = incoming.abandon(aborting: aborting)
      if aborting || hasUnread { outgoing.reset() } else { outgoing.end() }
    }
  }
}

extension MemoryPipe: StreamBacked {
  var stream: Stream { end.stream }
}
