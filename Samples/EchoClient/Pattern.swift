/// The bytes that one connection sends: what is at a position can be said without a look at the bytes
/// before it, and costs no memory per byte.
///
/// Every connection runs through one ring of pseudo-random bytes, each from a place of its own. The
/// ring's length is a prime, so bytes that are lost, doubled or swapped by the page, by the buffer, or
/// from another connection are found out: no such block is a multiple of the ring.
struct Pattern: Sendable {
  /// How many bytes go round: a prime, just below 64 KiB.
  private static let period = 65_521

  /// The most that `bytes` gives at once.
  static let longest = 65_536

  /// The ring, unrolled far enough that every piece lies in one.
  private static let ring: [UInt8] = {
    var generator: UInt64 = 0x2545_F491_4F6C_DD1D
    let once = (0..<period).map { _ in
      // Xorshift: any generator without a visible pattern would do.
      generator ^= generator << 13
      generator ^= generator >> 7
      generator ^= generator << 17
      return UInt8(truncatingIfNeeded: generator >> 32)
    }
    return once + once + once.prefix(longest - period)
  }()

  /// Where in the ring this connection starts.
  private let start: Int

  /// - Parameter connection: The connection's number.
  init(connection: Int) { start = connection * 7_919 % Self.period }

  /// The bytes that belong at a position.
  ///
  /// - Parameters:
  ///   - position: How many bytes of the connection come before them.
  ///   - count: How many, at most `longest`.
  /// - Returns: The bytes.
  func bytes(at position: Int, count: Int) -> ArraySlice<UInt8> {
    let first = (start + position) % Self.period
    return Self.ring[first..<first + count]
  }
}
