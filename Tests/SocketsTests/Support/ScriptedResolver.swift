import Sockets

/// A resolver that answers as a test wants it to.
struct ScriptedResolver: Resolver {
  /// What it hands over, piece by piece.
  var pieces: [[SocketAddress]] = []
  /// What it throws in the end.
  var error: (any Error)?
  /// Whether it never comes to an end, unless cancelled.
  var hangs = false

  /// A resolver that finds these addresses.
  init(_ addresses: [SocketAddress]) { pieces = [addresses] }

  /// A resolver that finds nothing and fails.
  init(failing error: any Error) { self.error = error }

  /// A resolver that hands these pieces over and is never done.
  init(hangingAfter pieces: [[SocketAddress]]) {
    self.pieces = pieces
    hangs = true
  }

  nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?
  ) async throws -> [SocketAddress] {
    if hangs { try await untilCancelled() }
    if let error { throw error }
    return pieces.flatMap(\.self)
  }

  nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?,
    deliver: @Sendable ([SocketAddress]) -> Void
  ) async throws {
    for piece in pieces { deliver(piece) }
    if hangs { try await untilCancelled() }
    if let error { throw error }
  }
}

/// Waits for nothing but the cancellation of its task.
///
/// - Throws: `CancellationError`, always.
func untilCancelled() async throws {
  let (never, continuation) = AsyncStream<Never>.makeStream()
  for await _ in never {}
  withExtendedLifetime(continuation) {}
  throw CancellationError()
}
