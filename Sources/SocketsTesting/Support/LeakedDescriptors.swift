/// The descriptors that something has left open: see ``DescriptorAudit/expectNoneLeft(_:)``.
public struct LeakedDescriptors: Error, Hashable, CustomStringConvertible {
  /// What each is of, by its number.
  public private(set) var descriptors: [Int32: String]

  private static let timer = "anon_inode:[timerfd]"

  /// Finds what there is more of after something than before.
  ///
  /// - Parameters:
  ///   - before: What was open.
  ///   - after: What is open.
  init(before: [Int32: String], after: [Int32: String]) {
    var expected = before.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    // Those that have kept their number first: of several with one name, it is the others that are new.
    var kept: [String: Int] = [:]
    for (number, object) in after where before[number] == object {
      expected[object, default: 0] -= 1
      kept[object, default: 0] += 1
    }
    // libdispatch opens its own when it first needs them, at any time.
    expected[Self.timer, default: 0] = max(expected[Self.timer] ?? 0, 3 - (kept[Self.timer] ?? 0))
    var left: [Int32: String] = [:]
    for (number, object) in after.sorted(by: { $0.key < $1.key }) where before[number] != object {
      if expected[object, default: 0] > 0 { expected[object]? -= 1 } else { left[number] = object }
    }
    descriptors = left
  }

  /// Forgets those that are not there at another look.
  mutating func keep(those seen: LeakedDescriptors) {
    descriptors = descriptors.filter { seen.descriptors[$0.key] == $0.value }
  }

  /// Each number with its object.
  public var description: String {
    let list = descriptors.sorted { $0.key < $1.key }.map { "\($0.key) → \($0.value)" }
    return "\(descriptors.count) descriptors were left open: \(list.joined(separator: ", "))"
  }
}
