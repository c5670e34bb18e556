import Testing

@testable import Sockets

@Suite struct OptionCodingTests {
  @Test(
    arguments: [
      (Duration.seconds(1), 1), (.nanoseconds(1), 1), (.milliseconds(999), 1),
      (.milliseconds(1001), 2),
      (.seconds(32_767), 32_767),
    ] as [(Duration, Int32)]
  )
  func `seconds are rounded up`(time: Duration, seconds: Int32) {
    #expect(OptionCoding.time(.seconds, 1...32_767).encode(time) == seconds)
  }

  @Test(
    arguments: [
      .zero, .seconds(-1), .nanoseconds(-1), .seconds(32_767) + .nanoseconds(1),
      .seconds(Int64.max),
      .seconds(Int64.min), Duration(secondsComponent: 0, attosecondsComponent: -1),
    ] as [Duration]
  )
  func `times outside the range are none`(time: Duration) {
    #expect(OptionCoding.time(.seconds, 1...32_767).encode(time) == nil)
  }

  @Test func `zero is a time where the range has it, and a time below it is not`() {
    let coding = OptionCoding.time(.microseconds, 0...Int32.max)
    #expect(coding.encode(.zero) == 0)
    #expect(coding.encode(.microseconds(Int64(Int32.max))) == .max)
    #expect(coding.encode(.nanoseconds(-1)) == nil)
    #expect(coding.decode(.max) == .microseconds(Int64(Int32.max)))
  }

  @Test func `numbers keep all 32 bits`() {
    #expect(OptionCoding.unsigned.encode(Int(UInt32.max)) == -1)
    #expect(OptionCoding.unsigned.decode(-1) == Int(UInt32.max))
    #expect(OptionCoding.unsigned.encode(-1) == nil)
    #expect(OptionCoding.unsigned.encode(1 << 32) == nil)
    #expect(OptionCoding.number(1...255).encode(0) == nil)
    #expect(OptionCoding.number(1...255).encode(255) == 255)
  }

  @Test func `absence is one integer, and a refused value is not absence`() {
    let coding = OptionCoding<Duration?>.optional(.time(.seconds, 1...10), none: 0)
    #expect(coding.encode(nil) == 0)
    #expect(coding.decode(0) == nil)
    #expect(coding.encode(.seconds(10)) == 10)
    #expect(coding.encode(.zero) == nil)
    #expect(coding.encode(.seconds(11)) == nil)
  }
}
