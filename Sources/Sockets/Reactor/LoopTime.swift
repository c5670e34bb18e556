/// The library's one clock: nanoseconds since its first use, on `ContinuousClock`.
///
/// What handles an `Instant` is not inlined: its size is not known to the compiler outside of the standard
/// library, so an async function that keeps one has to ask for its memory each time it is called.
@usableFromInline
enum LoopTime {
  private static let origin = ContinuousClock.now

  /// Now.
  static var now: Int64 {
    @inline(never)
    get { nanoseconds(ContinuousClock.now) }
  }

  /// The same instant as a number, rounded up so that nothing fires early; the ends of the range
  /// stand for whatever lies beyond, 292 years away.
  @inline(never) @usableFromInline
  static func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
    nanoseconds(origin.duration(to: instant))
  }

  /// The instant of a time.
  static func instant(_ time: Int64) -> ContinuousClock.Instant {
    origin.advanced(by: .nanoseconds(time))
  }

  /// A deadline as a number; `.max` for none.
  ///
  /// Inlined, also into programs: a call without a deadline then handles no `Instant` at all.
  @inlinable @inline(__always)
  static func end(_ deadline: ContinuousClock.Instant?) -> Int64 {
    guard let deadline else { return .max }
    return nanoseconds(deadline)
  }

  /// The time at which a number of nanoseconds will have passed.
  static func after(_ nanoseconds: Int64) -> Int64 {
    let (sum, overflow) = now.addingReportingOverflow(nanoseconds)
    return overflow ? .max : sum
  }

  /// The time at which a duration will have passed.
  static func after(_ duration: Duration) -> Int64 { after(nanoseconds(duration)) }

  /// A duration as a number of nanoseconds, rounded up, within the range of `Int64`.
  static func nanoseconds(_ duration: Duration) -> Int64 {
    // Not by way of `components`, which divides and multiplies in 128 bits to take the seconds off.
    let (whole, rest) = duration.attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return Int64(clamping: rest > 0 ? whole + 1 : whole)
  }

  /// How many milliseconds to sleep so that `deadline` has passed: rounded up, since a sleep cut to 0
  /// would spin through the last millisecond; at most a day, after which the loop looks again.
  static func millisecondsToSleep(until deadline: Int64, now: Int64) -> Int32 {
    guard deadline > now else { return 0 }
    let (nanoseconds, overflow) = deadline.subtractingReportingOverflow(now)
    let day: Int64 = 86_400_000
    guard !overflow, nanoseconds < day * 1_000_000 else { return Int32(day) }
    return Int32((nanoseconds + 999_999) / 1_000_000)
  }
}
