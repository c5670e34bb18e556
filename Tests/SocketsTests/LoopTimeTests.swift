import Testing

@testable import Sockets

@Suite struct LoopTimeTests {
  static let durations: [(Duration, Int64)] = [
    (.zero, 0),
    (.nanoseconds(1), 1),
    (.milliseconds(30), 30_000_000),
    (Duration(secondsComponent: 0, attosecondsComponent: 1), 1),
    (Duration(secondsComponent: 0, attosecondsComponent: 1_000_000_001), 2),
    (Duration(secondsComponent: 0, attosecondsComponent: -1), 0),
    (.seconds(-2), -2_000_000_000),
    (.milliseconds(-1_500), -1_500_000_000),
    (.seconds(Int64.max), .max),
    (.seconds(Int64.min), .min),
    (.seconds(9_223_372_037), .max),
    (.seconds(-9_223_372_037), .min),
  ]

  @Test(arguments: durations)
  func `durations become nanoseconds, rounded up, within the range`(
    duration: Duration,
    nanoseconds: Int64
  ) {
    #expect(LoopTime.nanoseconds(duration) == nanoseconds)
  }

  static let sleeps: [(Int64, Int64, Int32)] = [
    (0, 0, 0),
    (-5, 0, 0),
    (.min, .max, 0),
    (1, 0, 1),
    (999_999, 0, 1),
    (1_000_000, 0, 1),
    (1_000_001, 0, 2),
    (86_400_000_000_000, 0, 86_400_000),
    (.max, 0, 86_400_000),
    (.max, .min, 86_400_000),
  ]

  @Test(arguments: sleeps)
  func `a sleep is rounded up to milliseconds and ends within a day`(
    deadline: Int64,
    now: Int64,
    milliseconds: Int32
  ) {
    #expect(LoopTime.millisecondsToSleep(until: deadline, now: now) == milliseconds)
  }

  @Test func `time does not run backwards`() {
    let before = LoopTime.now
    #expect(LoopTime.nanoseconds(ContinuousClock.now) >= before)
  }
}
