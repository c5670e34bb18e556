import SocketsTesting
import Testing

@testable import Sockets

@Suite struct ConnectPlannerTests {
  static let scripts: [ConnectScript] = [
    .init(
      "a single IPv6 address",
      finds: [(5, "6a")],
      resolved: 5,
      fates: ["6a": .succeeds(10)],
      starts: ["5 6a"],
      end: "15 connected 6a"
    ),
    .init(
      "a single IPv4 address does not wait once the look-up has ended",
      finds: [(5, "4a")],
      resolved: 5,
      fates: ["4a": .succeeds(10)],
      starts: ["5 4a"],
      end: "15 connected 4a"
    ),
    .init(
      "the families alternate, 250 ms apart",
      finds: [(0, "6a 6b 4a 4b")],
      resolved: 0,
      fates: ["4b": .succeeds(1)],
      starts: ["0 6a", "250 4a", "500 6b", "750 4b"],
      end: "751 connected 4b"
    ),
    .init(
      "the resolver's first address decides which family begins",
      finds: [(0, "4a 4b 6a 6b")],
      resolved: 0,
      fates: ["6b": .succeeds(1)],
      starts: ["0 4a", "250 6a", "500 4b", "750 6b"],
      end: "751 connected 6b"
    ),
    .init(
      "when one family is used up the other goes on",
      finds: [(0, "6a 6b 6c 4a")],
      resolved: 0,
      fates: ["6c": .succeeds(1)],
      starts: ["0 6a", "250 4a", "500 6b", "750 6c"],
      end: "751 connected 6c"
    ),
    .init(
      "a failure starts the next at once",
      finds: [(0, "6a 4a")],
      resolved: 0,
      fates: ["6a": .fails(10), "4a": .succeeds(20)],
      starts: ["0 6a", "10 4a"],
      end: "30 connected 4a"
    ),
    .init(
      "a failure of an older attempt starts the next too, and the delay anew",
      finds: [(0, "6a 6b 4a 4b")],
      resolved: 0,
      fates: ["6a": .fails(300), "4b": .succeeds(5)],
      starts: ["0 6a", "250 4a", "300 6b", "550 4b"],
      end: "555 connected 4b"
    ),
    .init(
      "a slow first attempt is not given up and can win",
      finds: [(0, "6a 4a")],
      resolved: 0,
      fates: ["6a": .succeeds(400)],
      starts: ["0 6a", "250 4a"],
      end: "400 connected 6a"
    ),
    .init(
      "a very slow attempt wins after all others have failed",
      finds: [(0, "6a 4a 4b")],
      resolved: 0,
      fates: ["6a": .succeeds(60_000), "4a": .fails(5), "4b": .fails(5)],
      starts: ["0 6a", "250 4a", "255 4b"],
      end: "60000 connected 6a"
    ),
    .init(
      "a black hole costs a quarter of a second",
      finds: [(0, "6a 4a")],
      resolved: 0,
      fates: ["4a": .succeeds(10)],
      starts: ["0 6a", "250 4a"],
      end: "260 connected 4a"
    ),
    .init(
      "all fail at once",
      finds: [(7, "6a 6b 4a 4b")],
      resolved: 7,
      fates: [
        "6a": .fails(0, .networkUnreachable), "6b": .fails(0, .networkUnreachable),
        "4a": .fails(0), "4b": .fails(0, .hostUnreachable),
      ],
      starts: ["7 6a", "7 4a", "7 6b", "7 4b"],
      end: "7 failed"
    ),
    .init(
      "all fail slowly: the last failure is the end",
      finds: [(0, "6a 4a")],
      resolved: 0,
      fates: ["6a": .fails(1_000), "4a": .fails(300)],
      starts: ["0 6a", "250 4a"],
      end: "1000 failed"
    ),
    .init("the resolver finds nothing", finds: [], resolved: 40, starts: [], end: "40 failed"),
    .init(
      "the resolver finds an empty list",
      finds: [(30, "")],
      resolved: 40,
      starts: [],
      end: "40 failed"
    ),
    .init(
      "IPv4 waits for IPv6, which comes in time and begins",
      finds: [(10, "4a"), (30, "6a")],
      resolved: 30,
      fates: ["4a": .succeeds(1)],
      starts: ["30 6a", "280 4a"],
      end: "281 connected 4a"
    ),
    .init(
      "IPv4 waits no longer than 50 ms",
      finds: [(10, "4a"), (100, "6a")],
      resolved: 100,
      fates: ["6a": .succeeds(1)],
      starts: ["60 4a", "310 6a"],
      end: "311 connected 6a"
    ),
    .init(
      "IPv4 does not wait once IPv6 is known not to come",
      finds: [(10, "4a")],
      resolved: 30,
      fates: ["4a": .succeeds(1)],
      starts: ["30 4a"],
      end: "31 connected 4a"
    ),
    .init(
      "IPv4 connects though the IPv6 answer never comes",
      finds: [(10, "4a 4b")],
      resolved: nil,
      fates: ["4b": .succeeds(1)],
      starts: ["60 4a", "310 4b"],
      end: "311 connected 4b"
    ),
    .init(
      "IPv6 does not wait for IPv4",
      finds: [(10, "6a"), (100, "4a")],
      resolved: 100,
      fates: ["4a": .succeeds(1)],
      starts: ["10 6a", "260 4a"],
      end: "261 connected 4a"
    ),
    .init(
      "after the only attempt has failed, a late address is tried at once",
      finds: [(0, "6a"), (100, "4a")],
      resolved: 100,
      fates: ["6a": .fails(10), "4a": .succeeds(1)],
      starts: ["0 6a", "100 4a"],
      end: "101 connected 4a"
    ),
    .init(
      "after the attempt delay, a late address is tried at once",
      finds: [(0, "6a"), (600, "4a")],
      resolved: 600,
      fates: ["4a": .succeeds(1)],
      starts: ["0 6a", "600 4a"],
      end: "601 connected 4a"
    ),
    .init(
      "nothing has failed while the look-up goes on",
      finds: [(0, "6a")],
      resolved: 500,
      fates: ["6a": .fails(10)],
      starts: ["0 6a"],
      end: "500 failed"
    ),
    .init(
      "a deadline or a cancellation ends the attempts",
      finds: [(0, "6a 4a 6b")],
      resolved: 0,
      givesUp: 300,
      starts: ["0 6a", "250 4a"],
      end: "300 given up"
    ),
    .init(
      "a deadline or a cancellation before the resolver's answer",
      finds: [(400, "6a")],
      resolved: 400,
      givesUp: 300,
      starts: [],
      end: "300 given up"
    ),
    .init(
      "an address that comes twice is tried once",
      finds: [(0, "6a 6a 4a"), (1, "4a 6a")],
      resolved: 1,
      fates: ["6a": .fails(5), "4a": .fails(5)],
      starts: ["0 6a", "5 4a"],
      end: "10 failed"
    ),
    .init(
      "an IPv4-mapped address counts as IPv4",
      finds: [(0, "6a 6b ma")],
      resolved: 0,
      fates: ["ma": .succeeds(1)],
      starts: ["0 6a", "250 ma"],
      end: "251 connected ma"
    ),
  ]

  @Test(arguments: scripts)
  func `attempts start at exact times`(script: ConnectScript) throws {
    let (starts, end, timeline) = try script.play()
    #expect(starts == script.starts)
    #expect(end == script.end)
    // Whatever happened, the timeline is complete.
    #expect(timeline.attempts.filter { $0.startedAt != nil }.count == starts.count)
    for attempt in timeline.attempts {
      #expect((attempt.startedAt == nil) == (attempt.outcome == .untried))
      #expect((attempt.startedAt == nil) == (attempt.endedAt == nil))
      if let started = attempt.startedAt { #expect(attempt.resolvedAt <= started) }
    }
    #expect("\(timeline.endedAt / .milliseconds(1))" == "\(Double(end.prefix { $0 != " " }) ?? -1)")
  }

  @Test func `the timeline tells each failure and prints a line for each address`() throws {
    let script = ConnectScript(
      "",
      finds: [(12, "6a 4a 6b 4b")],
      resolved: 12,
      fates: ["4a": .fails(3), "6b": .succeeds(20)],
      starts: [],
      end: ""
    )
    let timeline = try script.play().timeline
    #expect(timeline.resolvedAt == .milliseconds(12))
    #expect(timeline.endedAt == .milliseconds(285))
    #expect(
      timeline.attempts.map(\.outcome) == [
        .givenUp, .failed(.connectionRefused, errno: nil), .connected, .untried,
      ]
    )
    #expect(
      timeline.attempts.map(\.duration) == [
        .milliseconds(273), .milliseconds(3), .milliseconds(20), nil,
      ]
    )
    #expect(
      timeline.description == """
        example.org:80 connected after 285.0 ms
          resolved after 12.0 ms
          [2001:db8::61]:80: started at 12.0 ms, given up after 273.0 ms
          192.0.2.97:80: started at 262.0 ms, connection refused after 3.0 ms
          [2001:db8::62]:80: started at 265.0 ms, connected after 20.0 ms
          192.0.2.98:80: not tried
        """
    )
  }

  @Test func `a late wake-up starts one attempt, not those that it has missed`() throws {
    var planner = ConnectPlanner(endpoint: try Endpoint(host: "a", port: 80))
    let addresses = ["6a", "4a", "6b"].map(ConnectScript.address)
    #expect(planner.take(.resolved(addresses), at: .zero) == .start(0))
    #expect(planner.take(.resolutionEnded, at: .zero) == nil)
    #expect(planner.wakeUp == .milliseconds(250))
    #expect(planner.take(.time, at: .milliseconds(249)) == nil)
    #expect(planner.take(.time, at: .seconds(2)) == .start(1))
    #expect(planner.take(.time, at: .seconds(2)) == nil)
    #expect(planner.wakeUp == .milliseconds(2_250))
    #expect(planner.take(.time, at: .milliseconds(2_250)) == .start(2))
    #expect(planner.wakeUp == nil)
  }
}
