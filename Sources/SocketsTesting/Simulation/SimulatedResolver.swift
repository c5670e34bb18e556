public import Sockets
internal import Synchronization

/// The name server of a simulated network: names, and what becomes of a look-up.
///
/// ```swift
/// network.resolver["example.org"] = .addresses([v6, v4], after: .milliseconds(20))
/// try await TCPConnection.connect(to: "example.org", port: 80, resolver: network.resolver)
/// ```
public final class SimulatedResolver: Resolver {
  /// What becomes of a look-up of a name.
  public struct Answer: Sendable {
    /// The pieces that come, each so long after the question.
    var pieces: [(addresses: [IPAddress], delay: Duration)]

    /// How it fails in the end; `nil` if it does not.
    var failure: SocketError.Code?

    /// Whether nothing comes, ever.
    var isSilent = false

    /// All addresses at once, the best one first.
    ///
    /// - Parameters:
    ///   - addresses: The addresses.
    ///   - delay: How long that takes.
    /// - Returns: The answer.
    public static func addresses(_ addresses: [IPAddress], after delay: Duration = .zero) -> Answer
    {
      Answer(pieces: [(addresses, delay)])
    }

    /// Addresses in several pieces, as from a server that is asked for each family apart.
    ///
    /// - Parameter pieces: The pieces in the order of their delays, each counted from the question.
    /// - Returns: The answer.
    public static func pieces(
      _ pieces: [(addresses: [IPAddress], delay: Duration)]
    ) -> Answer { Answer(pieces: pieces) }

    /// A failure.
    ///
    /// - Parameters:
    ///   - code: Which.
    ///   - delay: How long that takes.
    /// - Returns: The answer.
    public static func failure(
      _ code: SocketError.Code = .nameNotFound,
      after delay: Duration = .zero
    ) -> Answer { Answer(pieces: [([], delay)], failure: code) }

    /// Nothing, until the look-up is cancelled or out of time.
    public static var silence: Answer { Answer(pieces: [], isSilent: true) }
  }

  private let answers = Mutex<[String: Answer]>([:])

  init() {}

  /// What becomes of a look-up of a name; `nil` for a failure with `nameNotFound`.
  ///
  /// - Parameter name: The name, in any case of letters.
  public subscript(name: String) -> Answer? {
    get { answers.withLock { $0[name.lowercased()] } }
    set { answers.withLock { $0[name.lowercased()] = newValue } }
  }

  /// Looks up an endpoint.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port.
  ///   - deadline: When to give up; `nil` for never.
  /// - Returns: The addresses.
  /// - Throws: `CancellationError`, or `SocketError`.
  public nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?
  ) async throws -> [SocketAddress] {
    let found = Mutex<[SocketAddress]>([])
    try await resolve(endpoint, deadline: deadline) { piece in
      found.withLock { $0.append(contentsOf: piece) }
    }
    return found.withLock { $0 }
  }

  /// Looks up an endpoint and hands the addresses over as they come.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port.
  ///   - deadline: When to give up; `nil` for never.
  ///   - deliver: Takes the addresses of each piece.
  /// - Throws: `CancellationError`, or `SocketError`.
  public nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?,
    deliver: @Sendable ([SocketAddress]) -> Void
  ) async throws {
    guard case .port(let port) = endpoint.service else {
      throw SocketError(.serviceNotFound, operation: .resolve, detail: "\(endpoint)")
    }
    guard case .name(let name) = endpoint.host, let answer = self[name] else {
      throw SocketError(.nameNotFound, operation: .resolve, detail: "\(endpoint)")
    }
    let start = ContinuousClock.now
    for (addresses, delay) in answer.pieces {
      try await Self.sleep(until: start + delay, deadline)
      deliver(addresses.map { SocketAddress($0, port: port) })
    }
    if answer.isSilent { try await Self.sleep(until: nil, deadline) }
    if let failure = answer.failure {
      throw SocketError(failure, operation: .resolve, detail: name)
    }
  }

  private nonisolated(nonsending) static func sleep(
    until time: ContinuousClock.Instant?,
    _ deadline: ContinuousClock.Instant?
  ) async throws {
    if let deadline, time.map({ deadline < $0 }) ?? true {
      try await Reactor.sleep(until: deadline)
      throw SocketError(.timedOut, operation: .resolve)
    }
    try await Reactor.sleep(until: time ?? .now + .seconds(1 << 32))
  }
}
