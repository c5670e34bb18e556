/// How a stream fills the buffer: with storage that is lent while there are bytes in it.
extension ReadBuffer {
  /// The most that one read takes, in bytes, however large the value that it is for: a length that a
  /// peer has announced reserves no memory before the bytes come.
  private static let largestRead = 1 << 18

  /// Storage up to this size, in bytes, is not worth lending.
  private static let small = 256

  /// Lent storage with less room than this, in bytes, grows: reads should not become tiny.
  private static let worthwhileRoom = 4096

  /// Makes room at the end, and lets a reader fill it.
  ///
  /// - Parameters:
  ///   - limit: The most that the buffer is to hold then, more than it holds now; `.max` for as much
  ///     as comes.
  ///   - pool: Lends storage of the usual size.
  ///   - read: Adds to an array, up to a number of bytes; returns how many, or what else came of it.
  /// - Returns: What the reader has returned, and whether it has filled less than it could have.
  @inline(__always)
  mutating func fill(
    upTo limit: Int,
    from pool: BufferPool,
    _ read: (inout [UInt8], Int) -> Int
  ) -> (result: Int, isShort: Bool) {
    let free = limit - count
    let room: Int
    if free <= Self.small || free > BufferPool.size && limit < .max {
      // Storage of the result's own size, or as near to it as is prudent.
      compact()
      room = min(free, Self.largestRead)
    } else {
      if storage.capacity < BufferPool.size { borrow(from: pool) } else { compact() }
      let spare = storage.capacity - storage.count
      let growth = min(max(count, BufferPool.size), Self.largestRead)
      room = min(free, spare >= Self.worthwhileRoom ? spare : growth)
    }
    let result = read(&storage, room)
    return (result, result > 0 && result < room)
  }

  /// Moves the bytes into lent storage.
  private mutating func borrow(from pool: BufferPool) {
    var lent: [UInt8] = []
    pool.lend(&lent)
    if !isEmpty { lent.append(contentsOf: storage[start...]) }
    swap(&storage, &lent)
    start = 0
  }

  /// Moves the bytes to the front of the storage.
  mutating func compact() {
    guard start > 0 else { return }
    storage.removeSubrange(..<start)
    start = 0
  }

  /// Gives storage back, for as long as nothing more comes: what is left keeps as much as it needs.
  ///
  /// - Parameter pool: The lender.
  mutating func shrink(to pool: BufferPool) {
    guard storage.capacity > Self.small, storage.capacity / 4 >= count else { return }
    var lent = copy(count)
    swap(&storage, &lent)
    start = 0
    pool.giveBack(&lent)
  }
}
