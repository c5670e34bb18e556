/// Bytes that wait, first in, first out.
struct ByteQueue {
  private var storage: [UInt8] = []
  private var start = 0

  var count: Int { storage.count - start }
  var isEmpty: Bool { count == 0 }

  /// Adds bytes at the end.
  mutating func append(_ bytes: ArraySlice<UInt8>) { storage.append(contentsOf: bytes) }

  /// Adds bytes at the end.
  mutating func append(_ bytes: UnsafeRawBufferPointer) { unsafe storage.append(contentsOf: bytes) }

  /// The first bytes.
  func prefix(_ count: Int) -> ArraySlice<UInt8> { storage[start..<start + count] }

  /// Drops the first bytes.
  mutating func removeFirst(_ count: Int) {
    start += count
    if start == storage.count {
      storage.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 65_536, start > storage.count / 2 {
      storage.removeFirst(start)
      start = 0
    }
  }

  /// Drops all bytes.
  mutating func removeAll() { (storage, start) = ([], 0) }
}
