/// How a value becomes the integer that the kernel keeps, and back: pure.
struct OptionCoding<Value>: Sendable {
  /// The values that can be set, in words.
  let range: String

  /// The integer; `nil` for a value outside the range.
  let encode: @Sendable (Value) -> Int32?

  /// The value.
  let decode: @Sendable (Int32) -> Value
}

extension OptionCoding where Value == Bool {
  /// Off is 0, on is 1; whatever else the kernel reports is on.
  static var flag: Self {
    OptionCoding(range: "true or false", encode: { $0 ? 1 : 0 }, decode: { $0 != 0 })
  }
}

extension OptionCoding where Value == Int {
  /// A number.
  static func number(_ range: ClosedRange<Int>) -> Self {
    OptionCoding(
      range: "\(range.lowerBound) to \(range.upperBound)",
      encode: { range.contains($0) ? Int32(truncatingIfNeeded: $0) : nil },
      decode: { Int($0) }
    )
  }

  /// A number of 32 bits without a sign.
  static var unsigned: Self {
    OptionCoding(
      range: "0 to \(UInt32.max)",
      encode: { UInt32(exactly: $0).map(Int32.init(bitPattern:)) },
      decode: { Int(UInt32(bitPattern: $0)) }
    )
  }
}

extension OptionCoding where Value == UInt32 {
  /// The index of an interface.
  static var index: Self {
    OptionCoding(
      range: "0 to \(Int32.max)",
      encode: { Int32(exactly: $0) },
      decode: { UInt32(bitPattern: $0) }
    )
  }
}

extension OptionCoding where Value == Duration {
  /// A time in whole units, rounded up.
  static func time(_ unit: TimeUnit, _ range: ClosedRange<Int32>) -> Self {
    OptionCoding(
      range: "\(range.lowerBound) to \(range.upperBound) \(unit)",
      encode: { unit.count($0, in: range) },
      decode: unit.duration
    )
  }
}

extension OptionCoding {
  /// A value that may be absent, which the kernel writes as one certain integer.
  static func optional<Wrapped>(
    _ coding: OptionCoding<Wrapped>,
    none: Int32
  ) -> Self where Value == Wrapped? {
    OptionCoding(
      range: "nil, or \(coding.range)",
      encode: { $0.map(coding.encode) ?? none },
      decode: { $0 == none ? nil : coding.decode($0) }
    )
  }
}

/// What an option counts time in.
enum TimeUnit: Int64, CustomStringConvertible {
  case seconds = 1_000_000_000
  case milliseconds = 1_000_000
  case microseconds = 1_000

  /// The unit's name.
  var description: String {
    switch self {
    case .seconds: "seconds"
    case .milliseconds: "milliseconds"
    case .microseconds: "microseconds"
    }
  }

  /// So many units.
  func duration(_ count: Int32) -> Duration { .nanoseconds(Int64(count) * rawValue) }

  /// A time in whole units, rounded up; `nil` outside the range.
  func count(_ duration: Duration, in range: ClosedRange<Int32>) -> Int32? {
    let nanoseconds = LoopTime.nanoseconds(duration)
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: rawValue)
    guard let count = Int32(exactly: whole + (rest > 0 ? 1 : 0)) else { return nil }
    // A time below zero rounds to zero, and is none.
    return duration >= .zero && range.contains(count) ? count : nil
  }
}
