internal import Synchronization

/// How a connection to an ``Endpoint`` came about, or did not: which addresses were tried, when, and what
/// became of each.
///
/// On success it is ``SocketConnection/connectTimeline``, on failure ``SocketError/connectTimeline``. Printed, it
/// takes a line for each address:
///
///     example.org:80 connected after 262.4 ms
///       resolved after 11.8 ms
///       [2001:db8::1]:80: started at 11.8 ms, given up after 250.6 ms
///       192.0.2.1:80: started at 261.8 ms, connected after 0.6 ms
///       192.0.2.2:80: not tried
///
/// All times are durations since the call began, unless said otherwise.
public struct ConnectTimeline: Hashable, Sendable {
  /// What to connect to.
  public let endpoint: Endpoint

  /// The addresses in the order in which they became known.
  public internal(set) var attempts: [Attempt] = []

  /// When the look-up had ended, well or not; `nil` if it was given up before.
  public internal(set) var resolvedAt: Duration?

  /// When all was over; zero until then.
  public internal(set) var endedAt = Duration.zero

  /// One address.
  public struct Attempt: Hashable, Sendable {
    /// The address.
    public let address: SocketAddress

    /// When the resolver had it.
    public let resolvedAt: Duration

    /// When connecting to it began; `nil` if it did not.
    public internal(set) var startedAt: Duration?

    /// When connecting to it was over; `nil` if it did not begin.
    public internal(set) var endedAt: Duration?

    /// What became of it.
    public internal(set) var outcome = Outcome.untried

    /// How long connecting to it took; `nil` if it did not begin.
    public var duration: Duration? {
      guard let startedAt, let endedAt else { return nil }
      return endedAt - startedAt
    }
  }

  /// What became of an address.
  public enum Outcome: Hashable, Sendable {
    /// Nothing: another address was faster, or time was up, before its turn came.
    case untried
    /// Given up while it was still under way, since another address was faster or time was up.
    case givenUp
    /// It is the connection's address.
    case connected
    /// It failed: the reason, and the kernel's error number if it was the kernel that refused.
    case failed(SocketError.Code, errno: Int32?)
  }
}

extension ConnectTimeline: CustomStringConvertible {
  /// Some lines for a person: the whole, the look-up, each address in the order of the attempts.
  public var description: String {
    let isConnected = attempts.contains { $0.outcome == .connected }
    var lines = ["\(endpoint) \(isConnected ? "connected" : "failed") after \(text(endedAt))"]
    if endpoint.socketAddress == nil {
      lines.append(resolvedAt.map { "  resolved after \(text($0))" } ?? "  look-up given up")
    }
    let inOrder =
      attempts.filter { $0.startedAt != nil }.sorted {
        ($0.startedAt ?? .zero) < ($1.startedAt ?? .zero)
      }
      + attempts.filter { $0.startedAt == nil }
    for attempt in inOrder { lines.append("  \(attempt)") }
    return lines.joined(separator: "\n")
  }

  /// The reasons of all addresses, for one line of a log.
  var failures: String {
    attempts.map { "\($0.address) \($0.outcomeText)" }.joined(separator: ", ")
  }
}

extension ConnectTimeline.Attempt: CustomStringConvertible {
  /// One line: the address, when it was tried, and what became of it.
  public var description: String {
    guard let startedAt else { return "\(address): not tried" }
    return "\(address): started at \(text(startedAt)), \(outcomeText)"
  }

  fileprivate var outcomeText: String {
    let after = " after \(text(duration ?? .zero))"
    switch outcome {
    case .untried: return "not tried"
    case .givenUp: return "given up\(after)"
    case .connected: return "connected\(after)"
    case .failed(let code, let errno):
      return "\(code)\(errno.map { " (\(Errno($0)))" } ?? "")\(after)"
    }
  }
}

/// A duration in milliseconds, with one digit after the point.
private func text(_ duration: Duration) -> String {
  let (seconds, attoseconds) = duration.components
  let tenths = attoseconds / 100_000_000_000_000
  return "\(seconds * 1_000 + tenths / 10).\(abs(tenths % 10)) ms"
}

extension ConnectTimeline {
  /// A timeline on the heap, to be kept by a connection.
  final class Box: Sendable {
    let timeline: ConnectTimeline
    init(_ timeline: ConnectTimeline) { self.timeline = timeline }
  }
}
