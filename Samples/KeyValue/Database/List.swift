/// A list that grows and shrinks at both ends: a ring of places.
struct List {
  /// The places, as many as a power of two; free ones hold no bytes.
  private var places: [[UInt8]] = [[]]

  /// The place of the first element.
  private var start = 0

  private(set) var count = 0

  /// How much memory it takes, in bytes, or about that.
  private(set) var size = 0

  private static let perElement = 48

  subscript(index: Int) -> [UInt8] { places[(start + index) & (places.count - 1)] }

  mutating func prepend(_ element: [UInt8]) {
    makeRoom(element)
    start = (start - 1) & (places.count - 1)
    places[start] = element
  }

  mutating func append(_ element: [UInt8]) {
    makeRoom(element)
    places[(start + count - 1) & (places.count - 1)] = element
  }

  /// Takes the first element, of which there must be one.
  mutating func removeFirst() -> [UInt8] {
    defer { start = (start + 1) & (places.count - 1) }
    return remove(at: start)
  }

  /// Takes the last element, of which there must be one.
  mutating func removeLast() -> [UInt8] { remove(at: (start + count - 1) & (places.count - 1)) }

  private mutating func remove(at place: Int) -> [UInt8] {
    var element: [UInt8] = []
    swap(&element, &places[place])
    count -= 1
    size -= element.count + Self.perElement
    return element
  }

  private mutating func makeRoom(_ element: [UInt8]) {
    if count == places.count {
      places = (0..<count).map { self[$0] } + Array(repeating: [], count: count)
      start = 0
    }
    count += 1
    size += element.count + Self.perElement
  }
}
