import Testing

@testable import Sockets

/// A resolver and a network that follow a script, on a clock that is a number: what ``ConnectPlanner`` does
/// with them, to the millisecond.
///
/// Addresses are written `6a` … for IPv6 and `4a` … for IPv4; all times are milliseconds.
struct ConnectScript: Sendable {
  /// What becomes of an attempt, and how long after its start.
  enum Fate: Sendable {
    case succeeds(Int)
    case fails(Int, SocketError.Code = .connectionRefused)
    case never
  }

  var title: String
  /// What the resolver finds, and when.
  var finds: [(at: Int, addresses: String)]
  /// When the resolver is done; `nil` for never.
  var resolved: Int?
  /// What becomes of each address; one that is not here never answers.
  var fates: [String: Fate]
  /// When the caller gives up, by a deadline or by cancellation.
  var givesUp: Int?
  /// The attempts that are expected, as "time address".
  var starts: [String]
  /// The end that is expected.
  var end: String

  init(
    _ title: String,
    finds: [(at: Int, addresses: String)],
    resolved: Int?,
    fates: [String: Fate] = [:],
    givesUp: Int? = nil,
    starts: [String],
    end: String
  ) {
    self.title = title
    self.finds = finds
    self.resolved = resolved
    self.fates = fates
    self.givesUp = givesUp
    self.starts = starts
    self.end = end
  }

  static func address(_ name: some StringProtocol) -> SocketAddress {
    let number = UInt8(name.unicodeScalars.last.map(\.value) ?? 0)
    return switch name.first {
    case "6": SocketAddress(IPv6Address(0x2001, 0xDB8, 0, 0, 0, 0, 0, UInt16(number)), port: 80)
    case "m": SocketAddress(IPv6Address(ipv4Mapped: IPv4Address(192, 0, 2, number)), port: 80)
    default: SocketAddress(IPv4Address(192, 0, 2, number), port: 80)
    }
  }

  /// Plays the script.
  func play() throws -> (starts: [String], end: String, timeline: ConnectTimeline) {
    var planner = ConnectPlanner(endpoint: try Endpoint(host: "example.org", port: 80))
    var names: [SocketAddress: String] = [:]
    var events: [(at: Int, event: ConnectPlanner.Event)] = []
    var starts: [String] = []
    func add(_ event: ConnectPlanner.Event, at time: Int) {
      let index = events.firstIndex { $0.at > time } ?? events.endIndex
      events.insert((time, event), at: index)
    }
    for (time, list) in finds {
      let found = list.split(separator: " ")
      for name in found { names[Self.address(name)] = String(name) }
      add(.resolved(found.map(Self.address)), at: time)
    }
    if let resolved { add(.resolutionEnded, at: resolved) }

    while true {
      let wakeUp = planner.wakeUp.map { Int($0 / .milliseconds(1)) } ?? .max
      let next = min(events.first?.at ?? .max, wakeUp)
      if next >= givesUp ?? .max {
        planner.finish(at: .milliseconds(givesUp ?? 0))
        return (starts, "\(givesUp ?? 0) given up", planner.timeline)
      }
      let event = events.first?.at == next ? events.removeFirst().event : .time
      let action = planner.take(event, at: .milliseconds(next))
      if case .connected(let index) = event {
        let name = names[planner.timeline.attempts[index].address] ?? ""
        return (starts, "\(next) connected \(name)", planner.timeline)
      }
      switch action {
      case nil: break
      case .fail: return (starts, "\(next) failed", planner.timeline)
      case .start(let index):
        let name = names[planner.timeline.attempts[index].address] ?? ""
        starts.append("\(next) \(name)")
        switch fates[name] ?? .never {
        case .succeeds(let after): add(.connected(index), at: next + after)
        case .fails(let after, let code): add(.failed(index, code, errno: nil), at: next + after)
        case .never: break
        }
      }
    }
  }
}

extension ConnectScript: CustomTestStringConvertible {
  var testDescription: String { title }
}
