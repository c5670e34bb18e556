/// When to connect to which address: Happy Eyeballs version 2 (RFC 8305) as a pure value.
///
/// Events go in with their time, at most one action comes out; it connects nothing, knows no clock, and
/// is tested against scripts with exact times. Times are durations since the connect call began.
///
/// **Section 3, the look-up.** Addresses may come in pieces. An IPv6 address is tried as soon as it is
/// known. If IPv4 addresses come first, they wait for the IPv6 ones: 50 ms, or until the look-up has
/// ended. The system's resolver asks for both at once and answers in one piece (`getaddrinfo`), after
/// which the look-up *has* ended, so nothing waits there.
///
/// **Section 4, the order.** The resolver's own order, with the families alternating; the first address
/// of the first piece decides which family begins, and a family that came while the other one waited
/// for it begins in any case ("First Address Family Count" is 1).
///
/// **Section 5, the attempts.** The next one starts 250 ms after the previous one has started, or at
/// once when any of them fails. None is ended for being slow: only a success, or the caller's
/// deadline, ends the others.
struct ConnectPlanner {
  /// How long IPv4 addresses wait for IPv6 ones (section 3, "Resolution Delay").
  static let resolutionDelay = Duration.milliseconds(50)

  /// How long after one attempt the next one starts (section 5, "Connection Attempt Delay").
  static let attemptDelay = Duration.milliseconds(250)

  /// What has happened.
  enum Event: Equatable {
    /// The resolver has found addresses.
    case resolved([SocketAddress])
    /// The resolver will find no more.
    case resolutionEnded
    /// An attempt, by its place in the timeline, has failed.
    case failed(Int, SocketError.Code, errno: Int32?)
    /// An attempt has succeeded: the last event.
    case connected(Int)
    /// ``ConnectPlanner/wakeUp`` has come.
    case time
  }

  /// What to do now.
  enum Action: Equatable {
    /// Connect to the address at this place of the timeline.
    case start(Int)
    /// Tell the caller that there is no connection.
    case fail
  }

  /// What has happened so far.
  private(set) var timeline: ConnectTimeline

  /// Addresses to be tried, as places in the timeline.
  private var pending: (v6: [Int], v4: [Int]) = ([], [])

  /// Whether the next address should be an IPv6 one; `nil` before the first attempt.
  private var prefersIPv6: Bool?

  /// Whether the first address of all was an IPv6 one, and whether there were any in its piece.
  private var firstPiece: (beginsWithIPv6: Bool, hasIPv6: Bool)?

  /// Not to start another attempt before.
  private var nextStart = Duration.zero

  /// How many attempts are under way.
  private var underWay = 0

  private var isResolving = true

  init(endpoint: Endpoint) { timeline = ConnectTimeline(endpoint: endpoint) }

  /// When to send ``Event/time`` if nothing else happens before; `nil` if there is nothing to wait for.
  var wakeUp: Duration? {
    pending.v6.isEmpty && pending.v4.isEmpty ? nil : nextStart
  }

  /// Takes an event.
  ///
  /// - Parameters:
  ///   - event: What has happened.
  ///   - now: When.
  /// - Returns: What to do, if anything.
  mutating func take(_ event: Event, at now: Duration) -> Action? {
    switch event {
    case .resolved(let addresses): add(addresses, at: now)
    case .resolutionEnded:
      isResolving = false
      timeline.resolvedAt = now
      if prefersIPv6 == nil { nextStart = now }
    case .failed(let index, let code, let errno):
      end(index, .failed(code, errno: errno), at: now)
      nextStart = now
    case .connected(let index):
      end(index, .connected, at: now)
      finish(at: now)
      return nil
    case .time: break
    }
    if now >= nextStart, let index = next() {
      timeline.attempts[index].startedAt = now
      underWay += 1
      nextStart = now + Self.attemptDelay
      return .start(index)
    }
    guard !isResolving, underWay == 0, wakeUp == nil else { return nil }
    finish(at: now)
    return .fail
  }

  /// Completes the timeline: attempts that are still under way are given up.
  mutating func finish(at now: Duration) {
    timeline.endedAt = now
    for (index, attempt) in timeline.attempts.enumerated() {
      guard attempt.startedAt != nil, attempt.endedAt == nil else { continue }
      end(index, .givenUp, at: now)
    }
  }

  private mutating func end(
    _ index: Int,
    _ outcome: ConnectTimeline.Outcome,
    at now: Duration
  ) {
    timeline.attempts[index].endedAt = now
    timeline.attempts[index].outcome = outcome
    underWay -= 1
  }

  private mutating func add(_ addresses: [SocketAddress], at now: Duration) {
    for address in addresses where !timeline.attempts.contains(where: { $0.address == address }) {
      if address.unmapped.isIPv6 {
        pending.v6.append(timeline.attempts.count)
      } else {
        pending.v4.append(timeline.attempts.count)
      }
      timeline.attempts.append(.init(address: address, resolvedAt: now))
    }
    if let first = addresses.first, firstPiece == nil {
      firstPiece = (first.unmapped.isIPv6, !pending.v6.isEmpty)
      nextStart = pending.v6.isEmpty && isResolving ? now + Self.resolutionDelay : now
    } else if prefersIPv6 == nil, !pending.v6.isEmpty {
      nextStart = now
    }
  }

  /// Takes the next address out of those that are to be tried.
  private mutating func next() -> Int? {
    guard wakeUp != nil else { return nil }
    let isIPv6Next: Bool
    if let prefersIPv6 {
      isIPv6Next = prefersIPv6
    } else {
      isIPv6Next = firstPiece.map { $0.beginsWithIPv6 || !$0.hasIPv6 } ?? true
    }
    let takesIPv6 = pending.v4.isEmpty || (isIPv6Next && !pending.v6.isEmpty)
    prefersIPv6 = !takesIPv6
    return takesIPv6 ? pending.v6.removeFirst() : pending.v4.removeFirst()
  }
}
