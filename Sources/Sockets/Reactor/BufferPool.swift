/// Storage that is lent: for reads as long as a reader has bytes in hand, so that a connection that waits holds
/// none, and for what is encoded until it is written.
///
/// A lent array that comes back while the program still holds a copy of it costs nothing extra: the
/// next reader's first write makes storage of its own.
struct BufferPool: ~Copyable, Sendable {
  /// The size of what is lent for reads, in bytes: a socket's usual burst.
  static let size = 16_384

  /// The size of what is lent for reads of a stream that has just filled one of the usual size, in bytes: each
  /// read costs the same, however much it brings.
  static let largeSize = 65_536

  /// As many as tasks of one reactor are likely to hold at once, 128 KiB of 16 KiB each.
  private static let capacity = 8

  /// The sizes of arrays that are taken back.
  private let sizes: ClosedRange<Int>

  private let spare = Lock<[[UInt8]]>([])

  /// Creates a pool.
  ///
  /// - Parameter sizes: The sizes of arrays that are worth to be lent, in bytes.
  init(of sizes: ClosedRange<Int>) { self.sizes = sizes }

  /// Lends an empty array, with storage if there is some to spare.
  borrowing func lend(_ array: inout [UInt8]) {
    if array.capacity > 0 {
      array.removeAll(keepingCapacity: true)
    } else if let storage = spare.withLock({ $0.popLast() }) {
      array = storage
      array.removeAll(keepingCapacity: true)
    }
  }

  /// Takes an array back, if its size is one of the pool's.
  borrowing func giveBack(_ array: inout [UInt8]) {
    guard array.capacity > 0 else { return }
    let storage = array
    array = []
    guard sizes ~= storage.capacity else { return }
    spare.withLock { spare in
      if spare.count < Self.capacity { spare.append(storage) }
    }
  }
}
