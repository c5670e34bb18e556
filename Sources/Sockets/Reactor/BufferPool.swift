/// Storage that is lent: for reads as long as a reader has bytes in hand, so that a connection that waits holds
/// none, and for what is encoded until it is written.
///
/// A lent array that comes back while the program still holds a copy of it costs nothing extra: the
/// next reader's first write makes storage of its own.
///
/// The loop's own thread has some for itself, without a lock; all other threads share the rest.
///
/// `@unchecked Sendable`: `first` and `own` are touched by the loop's own thread only.
final class BufferPool: @unchecked Sendable {
  /// The size of what is lent for reads, in bytes: a socket's usual burst.
  static let size = 16_384

  /// The size of what is lent for reads of a stream that has just filled one of the usual size, in bytes: each
  /// read costs the same, however much it brings.
  static let largeSize = 65_536

  /// As many as tasks of one reactor are likely to hold at once, 128 KiB of 16 KiB each.
  private static let capacity = 8

  /// The sizes of arrays that are taken back.
  private let sizes: ClosedRange<Int>

  /// The loop's own thread.
  private let thread: LoopThread

  /// What that thread has to spare, most of the time one: no access encloses another.
  @safe @exclusivity(unchecked) private var first: [UInt8] = []
  @safe @exclusivity(unchecked) private var own: [[UInt8]] = []

  /// What all others have.
  private let spare = Lock<[[UInt8]]>([])

  /// Creates a pool.
  ///
  /// - Parameters:
  ///   - sizes: The sizes of arrays that are worth to be lent, in bytes.
  ///   - thread: The thread that has some for itself.
  init(of sizes: ClosedRange<Int>, on thread: LoopThread = LoopThread()) {
    self.sizes = sizes
    self.thread = thread
    own.reserveCapacity(Self.capacity)
  }

  /// Lends an empty array, with storage if there is some to spare.
  func lend(_ array: inout [UInt8]) {
    if array.capacity == 0 {
      if thread.isCurrent {
        if first.capacity > 0 { swap(&array, &first) } else { Self.lend(&array, from: &own) }
      } else {
        spare.withLock { Self.lend(&array, from: &$0) }
      }
    }
    if !array.isEmpty { array.removeAll(keepingCapacity: true) }
  }

  /// Takes an array back, if its size is one of the pool's.
  func giveBack(_ array: inout [UInt8]) {
    guard array.capacity > 0 else { return }
    guard sizes ~= array.capacity else {
      array = []
      return
    }
    if thread.isCurrent {
      if first.capacity == 0 { swap(&array, &first) } else { Self.giveBack(&array, to: &own) }
    } else {
      spare.withLock { Self.giveBack(&array, to: &$0) }
    }
  }

  @inline(__always)
  private static func lend(_ array: inout [UInt8], from spare: inout [[UInt8]]) {
    if !spare.isEmpty { array = spare.removeLast() }
  }

  @inline(__always)
  private static func giveBack(_ array: inout [UInt8], to spare: inout [[UInt8]]) {
    var storage: [UInt8] = []
    swap(&storage, &array)
    if spare.count < capacity { spare.append(storage) }
  }
}
