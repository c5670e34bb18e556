import Synchronization

/// Bytes on their way to one client: whoever adds some never waits for that client.
///
/// Between many who have something to say and the one task that writes to the client's connection. A client
/// that reads too slowly fills it, and no more than that: what becomes of the client then is for the program
/// to say.
public final class Outbox: Sendable {
  private struct State {
    /// What waits.
    var waiting: [UInt8] = []
    /// Whether something is being written, and the client has not taken it yet.
    var isWriting = false
    /// Whether nothing more is to be written than what waits.
    var isFinished = false
    /// Whether nothing is written any more at all.
    var isOver = false
    /// Who waits for room.
    var waiter: CheckedContinuation<Void, Never>?

    /// Whether there is room for a number of bytes from the client's own task, which may wait: it leaves half of
    /// it to the others, who may not.
    func hasRoom(for count: Int, _ limit: Int) -> Bool {
      if isFinished || isOver || waiting.count + count <= limit / 2 { return true }
      return waiting.isEmpty && !isWriting
    }
  }

  private let state = Mutex(State())

  /// The most bytes that may wait for the client.
  private let limit: Int

  /// Something to write: one signal, however much it is.
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  /// Creates an empty one.
  ///
  /// - Parameter limit: The most bytes that may wait for the client to take those that are being written.
  ///   As long as none are, it is not the client who is slow, and four times as many are taken.
  public init(limit: Int) {
    self.limit = limit
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Adds bytes, all or none.
  ///
  /// - Parameter bytes: The bytes.
  /// - Returns: `false` if there is no room for them, and so they were not added. Behind the end there is room
  ///   for anything, and nothing is added.
  public func append(_ bytes: some Collection<UInt8>) -> Bool {
    let hasRoom = state.withLock { state in
      if state.isFinished { return true }
      let most = state.isWriting ? limit : 4 * limit
      guard state.waiting.count + bytes.count <= most else { return false }
      state.waiting.append(contentsOf: bytes)
      return true
    }
    if hasRoom { signal.yield() }
    return hasRoom
  }

  /// Waits until there is room for bytes that the client has asked for itself, and adds them.
  ///
  /// So a client that asks for more than it reads is not answered meanwhile. Only for one task at a time, which goes
  /// on when ``forward(_:)`` ends, however it does.
  ///
  /// - Parameter bytes: The bytes; if nothing waits, they may be more than the limit.
  public nonisolated(nonsending) func send(_ bytes: some Collection<UInt8>) async {
    while state.withLock({ !$0.hasRoom(for: bytes.count, limit) }) {
      await withCheckedContinuation { continuation in
        let hasRoom = state.withLock { state in
          if state.hasRoom(for: bytes.count, limit) { return true }
          state.waiter = continuation
          return false
        }
        if hasRoom { continuation.resume() }
      }
    }
    state.withLock { state in
      if !state.isFinished, !state.isOver { state.waiting.append(contentsOf: bytes) }
    }
    signal.yield()
  }

  /// Ends it: what waits is still written, and what is added later is not.
  public func finish() {
    change { $0.isFinished = true }
    signal.finish()
  }

  /// Whether it has ended, though what waits may still be on its way.
  public var isFinished: Bool { state.withLock { $0.isFinished } }

  /// Ends it with last words, in place of what waits.
  ///
  /// - Parameter words: What is still written, however little room there is.
  public func finish(with words: some Collection<UInt8>) {
    state.withLock { $0.waiting = Array(words) }
    signal.yield()
    finish()
  }

  /// Writes what waits, as often as there is something, until the end.
  ///
  /// - Parameter write: Writes bytes to the client.
  /// - Throws: What `write` throws; `CancellationError` if cancelled.
  public nonisolated(nonsending) func forward(
    _ write: nonisolated(nonsending) ([UInt8]) async throws -> Void
  ) async throws {
    defer { change { $0.isOver = true } }
    for await _ in signals {
      let bytes = change { state in
        defer { (state.waiting, state.isWriting) = ([], true) }
        return state.waiting
      }
      if !bytes.isEmpty { try await write(bytes) }
      change { $0.isWriting = false }
    }
    try Task.checkCancellation()
  }

  /// Changes something, after which there may be room.
  private func change<Result: Sendable>(_ body: (inout sending State) -> Result) -> Result {
    let (result, waiter) = state.withLock { state in
      let result = body(&state)
      defer { state.waiter = nil }
      return (result, state.waiter)
    }
    waiter?.resume()
    return result
  }
}
