/// Values by (slot, generation): a pure value.
///
/// A slot is given out again, its generation is not: a token of something that is gone finds nothing.
/// That is what makes a late event harmless, whoever owns the descriptor's number by then.
struct SlotTable<Element> {
  /// A slot in the low half, its generation in the high half.
  typealias Token = UInt64

  private struct Slot {
    /// How many times the slot was given out; one half of the token.
    var generation: UInt32 = 0
    /// What it holds, if anything.
    var element: Element?
  }

  private var slots: [Slot] = []

  /// The slots that hold nothing, the one freed last on top: its memory is warm.
  private var free: [UInt32] = []

  /// How many elements there are.
  var count: Int { slots.count - free.count }

  /// Puts an element in.
  ///
  /// - Parameter make: Makes the element, given its token.
  /// - Returns: The element.
  mutating func insert(_ make: (Token) -> Element) -> Element {
    let index: UInt32
    if let reused = free.popLast() {
      index = reused
    } else {
      index = UInt32(slots.count)
      slots.append(Slot())
    }
    // Generations wrap after four thousand million uses of one slot. The last one of the last slot
    // is never reached: all bits set is the wake-up's token.
    slots[Int(index)].generation &+= 1
    let element = make(UInt64(slots[Int(index)].generation) << 32 | UInt64(index))
    slots[Int(index)].element = element
    return element
  }

  /// The element of a token, if it is still there.
  subscript(token: Token) -> Element? {
    let index = Int(token & 0xFFFF_FFFF)
    guard index < slots.count, slots[index].generation == UInt32(token >> 32) else { return nil }
    return slots[index].element
  }

  /// Takes an element out.
  ///
  /// - Parameter token: The element's token.
  /// - Returns: The element, if it was still there.
  mutating func remove(_ token: Token) -> Element? {
    guard let element = self[token] else { return nil }
    slots[Int(token & 0xFFFF_FFFF)].element = nil
    free.append(UInt32(token & 0xFFFF_FFFF))
    return element
  }

  /// The elements of some slots, in the order of the slots.
  ///
  /// - Parameters:
  ///   - index: The first of the slots; receives the one after the last.
  ///   - limit: How many slots to look at.
  /// - Returns: The elements; `nil` if there is no such slot.
  func elements(from index: inout Int, upTo limit: Int) -> [Element]? {
    guard index < slots.count else { return nil }
    let part = slots[index..<min(index + limit, slots.count)]
    index = part.endIndex
    return part.compactMap(\.element)
  }

  /// All elements, in the order of their slots.
  var elements: [Element] { slots.compactMap(\.element) }
}
