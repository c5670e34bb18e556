internal import Synchronization

/// The part of a byte stream built on another one that is the same whatever the upper one does: who reads,
/// whose turn it is to write, what has come and was not taken, and the close.
///
/// For authors of streams that encrypt, compress or otherwise change the bytes of the stream under them. The
/// upper stream supplies what is its own: how to get more bytes, how to write some, and what it has to
/// remember for either. It is lent that memory for as long as it owns the direction, so it needs no lock.
///
/// ```swift
/// struct Upper<Lower: ByteStream>: ByteStream {
///   let lower: Lower
///   let layer: StreamLayer<Decryptor, Encryptor>
///
///   nonisolated(nonsending) func fill(
///     upTo limit: Int,
///     deadline: ContinuousClock.Instant?,
///     until isDone: (inout ReadBuffer) throws -> Bool
///   ) async throws -> Bool {
///     try await layer.fill(upTo: limit, until: isDone) { buffer, decryptor in
///       let record = try await lower.read(deadline: deadline) { try decryptor.record(in: &$0) }
///       buffer.append(record ?? [])
///       return record != nil
///     }
///   }
///   …
/// }
/// ```
///
/// Nothing is lost on the way up: a read of the lower stream that is cut short leaves its bytes there, and
/// what has come up waits here. So a connection can be dressed in a layer in mid-stream: bytes that lie
/// in its buffer already are the first that the layer reads.
public final class StreamLayer<Incoming: Sendable, Outgoing: Sendable>: Sendable {
  /// Whose thread keeps the deadlines: for as long as this has it.
  private let reactor: Reactor

  /// The directions' owners and queue; without a descriptor.
  private let registration: Registration

  /// What the reading direction remembers; `nil` while its owner has it.
  private let incoming: Lock<Reading?>

  /// What the upper stream remembers for writing; `nil` while the owner of that direction has it.
  private let outgoing: Lock<Outgoing?>

  private struct Reading {
    /// What has come up and was not taken.
    var unread = ReadBuffer()
    var memory: Incoming
  }

  /// Creates the state of one stream.
  ///
  /// - Parameters:
  ///   - incoming: What the upper stream remembers for reading.
  ///   - outgoing: What it remembers for writing.
  ///   - reactor: The reactor that keeps the deadlines of writes which wait for their turn; `nil` for the next
  ///     of the shared ones.
  /// - Throws: ``SocketError`` if no reactor can be started, or this one was stopped.
  public init(
    reading incoming: Incoming,
    writing outgoing: Outgoing,
    on reactor: Reactor? = nil
  ) throws {
    self.reactor = try reactor ?? .nextShared()
    do throws(OperationFailure) {
      registration = try self.reactor.loop.register(nil, initial: .waiting)
    } catch {
      throw error.error(.reactor)
    }
    self.incoming = Lock(Reading(memory: incoming))
    self.outgoing = Lock(outgoing)
  }

  deinit { registration.close() }

  /// Whether ``close()`` was called.
  public var isClosed: Bool { registration.isClosed }

  /// Refuses all further operations, and ends writes that wait for their turn.
  ///
  /// Operations in progress end when the lower stream is closed, which is the upper one's to do after this.
  public func close() { registration.close() }

  /// Fills the buffer until a closure is satisfied with the bytes: the upper stream's
  /// ``ByteStream/fill(upTo:deadline:until:)``.
  ///
  /// - Parameters:
  ///   - limit: The most bytes that may be held while the closure is not satisfied, at least 1.
  ///   - isDone: Takes what it wants out of the bytes, and says whether it is satisfied.
  ///   - source: Waits for more bytes from the lower stream, adds what they amount to, possibly nothing,
  ///     and returns `true`; or returns `false` at the end of the stream. It is lent what the upper
  ///     stream remembers, and obeys the deadline. If it throws, the bytes that are there stay.
  /// - Returns: Whether the closure was satisfied; `false` if the stream has ended and no byte is left.
  /// - Throws: As ``ByteStream/fill(upTo:deadline:until:)``, and what the source throws.
  public nonisolated(nonsending) func fill(
    upTo limit: Int,
    until isDone: (inout ReadBuffer) throws -> Bool,
    from source: nonisolated(nonsending) (inout ReadBuffer, inout Incoming) async throws -> Bool
  ) async throws -> Bool {
    precondition(limit > 0, "a read needs room for at least one byte")
    do throws(OperationFailure) {
      try await registration.own(.read, whenBusy: .fail, deadline: nil)
    } catch {
      throw error.error(.read)
    }
    defer { registration.abandon(.read) }
    guard var reading = incoming.withLock({ $0.take() }) else {
      preconditionFailure("the owner of a direction has its memory")
    }
    // Before the direction is given up, so that the next reader finds it.
    defer { putBack(&reading) }
    reading.unread.examinedCount = 0
    var step = FillStep.more
    if !reading.unread.isEmpty { step = FillStep(&reading.unread, upTo: limit, until: isDone) }
    while case .more = step {
      reading.unread.isAtEnd = try await !source(&reading.unread, &reading.memory)
      step = FillStep(&reading.unread, upTo: limit, until: isDone)
      reading.unread.isAtEnd = false
    }
    switch step {
    case .done: return true
    case .end, .more: return false
    case .failure(let failure): throw failure
    }
  }

  private func putBack(_ reading: inout Reading) {
    if reading.unread.isEmpty { reading.unread = ReadBuffer() }
    let left = reading
    incoming.withLock { $0 = left }
  }

  /// Runs a write of the upper stream when those that were begun before it have ended.
  ///
  /// However many writes of the lower stream it makes, no other write of the upper one comes between them.
  ///
  /// - Parameters:
  ///   - deadline: When to give up waiting for the turn; `nil` for never. The body obeys it by itself.
  ///   - body: Writes, and is lent what the upper stream remembers. If it fails, it says in its error how
  ///     much of what it was given went out (``SocketError/bytesWritten``), and remembers what has to
  ///     go out before anything else.
  /// - Returns: The body's result.
  /// - Throws: The body's error; or `CancellationError` or ``SocketError``, without having run the body.
  public nonisolated(nonsending) func write<Result>(
    deadline: ContinuousClock.Instant?,
    _ body: nonisolated(nonsending) (inout Outgoing) async throws -> Result
  ) async throws -> Result {
    do throws(OperationFailure) {
      try await registration.own(.write, whenBusy: .queue, deadline: deadline)
    } catch {
      throw error.error(.write, bytesWritten: 0)
    }
    defer { registration.abandon(.write) }
    guard var memory = outgoing.withLock({ $0.take() }) else {
      preconditionFailure("the owner of a direction has its memory")
    }
    defer { outgoing.withLock { [memory] in $0 = memory } }
    return try await body(&memory)
  }
}
