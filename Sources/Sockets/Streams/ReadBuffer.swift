/// Bytes that were taken from the kernel and not yet handed out: a pure value.
///
/// It has storage only while it holds something.
struct ReadBuffer {
  private var bytes: [UInt8] = []

  /// How many of `bytes` were handed out.
  private var start = 0

  /// How many bytes it holds.
  var count: Int { bytes.count - start }

  /// What it holds.
  var contents: ArraySlice<UInt8> { bytes[start...] }

  /// Takes out as many bytes as there are, up to a limit.
  ///
  /// - Parameter limit: The most to take.
  /// - Returns: The first bytes.
  mutating func take(upTo limit: Int) -> [UInt8] {
    if start == 0, bytes.count <= limit {
      defer { bytes = [] }
      return bytes
    }
    let end = min(bytes.count, start + limit)
    let taken = Array(bytes[start..<end])
    start = end
    if start == bytes.count {
      bytes = []
      start = 0
    }
    return taken
  }

  /// Lets a reader add bytes at the end.
  ///
  /// - Parameter body: Adds to the array.
  /// - Returns: The body's result.
  mutating func append<Result>(_ body: (inout [UInt8]) -> Result) -> Result { body(&bytes) }
}
