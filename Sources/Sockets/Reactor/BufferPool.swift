/// Storage for reads, lent for as long as a reader has bytes in hand: a connection that waits holds none.
///
/// A lent array that comes back while the program still holds a copy of it costs nothing extra: the
/// next reader's first write makes storage of its own.
struct BufferPool: ~Copyable, Sendable {
  /// The size of what is lent, in bytes: a socket's usual burst; larger ones gain little.
  static let size = 16_384

  /// As many as tasks of one reactor are likely to hold at once, 128 KiB of 16 KiB each.
  private static let capacity = 8

  private let spare = Lock<[[UInt8]]>([])

  /// Lends an empty array, with storage if there is some to spare.
  borrowing func lend(_ array: inout [UInt8]) {
    if array.capacity > 0 {
      array.removeAll(keepingCapacity: true)
    } else if let storage = spare.withLock({ $0.popLast() }) {
      array = storage
      array.removeAll(keepingCapacity: true)
    }
  }

  /// Takes an array back, if it is of the usual size.
  borrowing func giveBack(_ array: inout [UInt8]) {
    guard array.capacity > 0 else { return }
    let storage = array
    array = []
    guard Self.size...(2 * Self.size) ~= storage.capacity else { return }
    spare.withLock { spare in
      if spare.count < Self.capacity { spare.append(storage) }
    }
  }
}
