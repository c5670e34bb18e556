/// A pattern of names: `*` for any bytes, `?` for one, `[a-z]` or `[^a-z]` for one of some, `\` before a byte that
/// means itself.
struct Pattern {
  /// What one byte has to be.
  private enum Part {
    case any
    case one(of: [ClosedRange<UInt8>], isExcluded: Bool)
  }

  /// The parts; `nil` for any number of bytes.
  private var parts: [Part?] = []

  /// The most bytes of a pattern, which takes many times as much memory.
  private static let longest = 1024

  /// The most steps that a match may take, some tenths of a second.
  private static let mostSteps = 100_000_000

  init(_ text: ArraySlice<UInt8>) throws(Refusal) {
    if text.count > Self.longest { throw Refusal(text: "ERR pattern is too long") }
    var rest = text
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): parts.append(nil)
      case UInt8(ascii: "?"): parts.append(.any)
      case UInt8(ascii: "["): parts.append(Self.set(&rest))
      case UInt8(ascii: "\\"):
        let literal = rest.popFirst() ?? byte
        parts.append(.one(of: [literal...literal], isExcluded: false))
      default: parts.append(.one(of: [byte...byte], isExcluded: false))
      }
    }
  }

  private static func set(_ rest: inout ArraySlice<UInt8>) -> Part {
    let isExcluded = rest.first == UInt8(ascii: "^")
    if isExcluded { rest.removeFirst() }
    var ranges: [ClosedRange<UInt8>] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "]") {
      let low = byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte
      guard rest.first == UInt8(ascii: "-"), let high = rest.dropFirst().first,
        high != UInt8(ascii: "]")
      else {
        ranges.append(low...low)
        continue
      }
      rest.removeFirst(2)
      ranges.append(min(low, high)...max(low, high))
    }
    return .one(of: ranges, isExcluded: isExcluded)
  }

  /// Whether a name is of this pattern, in a time of at most their lengths' product.
  ///
  /// - Throws: That this would take too long.
  func matches(_ name: ArraySlice<UInt8>) throws(Refusal) -> Bool {
    if name.count * parts.count > Self.mostSteps {
      throw Refusal(text: "ERR pattern is too long for so long a name")
    }
    var (part, index) = (0, name.startIndex)
    // Where to go back to: behind the last `*`, which then stands for one byte more.
    var retry: (part: Int, index: Int)?
    while index < name.endIndex || part < parts.count {
      if part < parts.count {
        guard let wanted = parts[part] else {
          retry = (part + 1, index)
          part += 1
          continue
        }
        if index < name.endIndex, Self.fits(name[index], wanted) {
          part += 1
          index += 1
          continue
        }
      }
      guard let last = retry, last.index < name.endIndex else { return false }
      retry = (last.part, last.index + 1)
      (part, index) = (last.part, last.index + 1)
    }
    return true
  }

  private static func fits(_ byte: UInt8, _ part: Part) -> Bool {
    switch part {
    case .any: true
    case .one(let ranges, let isExcluded): ranges.contains { $0.contains(byte) } != isExcluded
    }
  }
}
