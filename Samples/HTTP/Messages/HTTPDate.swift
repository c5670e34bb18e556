/// A second in the calendar of HTTP: RFC 9110 section 5.6.7.
package struct HTTPDate: Equatable {
  /// Seconds since the beginning of 1970, in UTC.
  let seconds: Int

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Makes a date; none that is earlier than 1970.
  init(seconds: Int) { self.seconds = max(0, seconds) }

  /// Reads a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; the two forms of before 1995 are not read.
  init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 6, words[5] == "GMT", words[1].count == 2, words[3].count == 4,
      let day = Int(words[1]), let month = Self.months.firstIndex(of: String(words[2])),
      let year = Int(words[3]), year >= 1970
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int($0) }
    guard words[4].count == 8, clock.count == 3, 0...23 ~= clock[0], 0...59 ~= clock[1],
      0...60 ~= clock[2], 1...31 ~= day
    else { return nil }
    let days = Self.days(year, month + 1, day)
    seconds = ((days * 24 + clock[0]) * 60 + clock[1]) * 60 + clock[2]
  }

  /// As in `Sun, 06 Nov 1994 08:49:37 GMT`.
  var text: String {
    let (year, month, day) = civil
    let name = Self.days[(seconds / 86_400) % 7]
    return "\(name), \(two(day)) \(Self.months[month - 1]) \(year) \(clock) GMT"
  }

  /// As in `06/Nov/1994:08:49:37 +0000`: the form of the Common Log Format.
  package var logText: String {
    let (year, month, day) = civil
    return "\(two(day))/\(Self.months[month - 1])/\(year):\(clock) +0000"
  }

  private var clock: String {
    let second = seconds % 86_400
    return "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
  }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  // Years begin in March here, so that a leap day is the last day of its year; an era is the 400 years
  // after which the calendar repeats. Day 719,468 of that count is the first of 1970.

  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
  }

  private var civil: (year: Int, month: Int, day: Int) {
    let day = seconds / 86_400 + 719_468
    let dayOfEra = day % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = day / 146_097 * 400 + yearOfEra + (month >= 10 ? 1 : 0)
    return (year, (month + 2) % 12 + 1, dayOfYear - (153 * month + 2) / 5 + 1)
  }
}
