public import Sockets

/// One promise of a ``StreamContract`` or a ``DatagramContract``, and how to see whether it is kept.
public struct ContractRule<End: Sendable>: Sendable, CustomStringConvertible {
  /// Two ends that belong together.
  struct Ends: Sendable {
    /// The reactor of both.
    let reactor: Reactor
    let near: End
    let far: End
    /// In bytes: of streams, more than a writer can write while the other end does not read; else the longest datagram.
    let size: Int
  }

  /// The promise, in words.
  public let description: String

  private let look: @Sendable (Ends) async throws -> Void

  init(_ description: String, _ look: @escaping @Sendable (Ends) async throws -> Void) {
    self.description = description
    self.look = look
  }

  /// Looks whether a pair keeps the promise.
  private nonisolated(nonsending) func check(
    size: Int,
    limit: Duration,
    on reactor: Reactor?,
    _ makePair: nonisolated(nonsending) (Reactor) async throws -> (near: End, far: End),
    closing close: @escaping @Sendable (End) -> Void
  ) async throws {
    let reactor = try reactor ?? Reactor(name: "contract")
    let (near, far) = try await makePair(reactor)
    defer {
      close(near)
      close(far)
    }
    let ends = Ends(reactor: reactor, near: near, far: far, size: size)
    try await ContractViolation.looking(for: description, limit: limit) { [look] in
      // A stream that does not hear of being cancelled may yet hear of being closed.
      try await withTaskCancellationHandler {
        try await look(ends)
      } onCancel: {
        close(near)
        close(far)
      }
    }
  }
}

extension ContractRule where End: ByteStream {
  /// Looks whether a stream keeps the promise.
  ///
  /// - Parameters:
  ///   - flood: More bytes than a writer can write while the other end does not read: more than all buffers on the way
  ///     hold.
  ///   - limit: How long it may take. Each rule takes a fraction of a second, or longer among many other tests; a
  ///     stream that waits for what does not come takes all of this.
  ///   - reactor: The reactor of the pair; `nil` for one of its own.
  ///   - makePair: Makes two connected ends on that reactor, which nobody else may use: its counts of suspended tasks
  ///     tell when one has begun to wait. Both are closed at the end.
  /// - Throws: ``ContractViolation`` if it does not, `CancellationError`, or the error of `makePair`.
  public nonisolated(nonsending) func check(
    flood: Int = 12_000_000,
    limit: Duration = .seconds(60),
    on reactor: Reactor? = nil,
    _ makePair: nonisolated(nonsending) (Reactor) async throws -> (near: End, far: End)
  ) async throws {
    try await check(size: flood, limit: limit, on: reactor, makePair) { $0.close() }
  }
}

extension ContractRule where End == DatagramEnd {
  /// Looks whether two ends keep the promise.
  ///
  /// - Parameters:
  ///   - longest: The length of the longest datagram that can be sent, in bytes.
  ///   - limit: How long it may take. Each rule takes a fraction of a second, or longer among many other tests.
  ///   - reactor: The reactor of the pair; `nil` for one of its own.
  ///   - makePair: Makes two ends on that reactor, which nobody else may use: its counts of suspended tasks tell when
  ///     one has begun to wait. Both are closed at the end.
  /// - Throws: ``ContractViolation`` if they do not, `CancellationError`, or the error of `makePair`.
  public nonisolated(nonsending) func check(
    longest: Int = 65_507,
    limit: Duration = .seconds(60),
    on reactor: Reactor? = nil,
    _ makePair: nonisolated(nonsending) (Reactor) async throws -> (near: End, far: End)
  ) async throws {
    try await check(size: longest, limit: limit, on: reactor, makePair) { $0.close() }
  }
}
