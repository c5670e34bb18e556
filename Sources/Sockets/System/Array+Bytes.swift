extension [UInt8] {
  /// Adds what a call puts into memory, whose storage is used again if nobody else holds it.
  ///
  /// - Parameters:
  ///   - limit: The size of the memory, in bytes.
  ///   - fill: The call, which begins at the memory's start; returns how many bytes there were, of which no more
  ///     than fit are added, or a negated error number.
  /// - Returns: The call's result.
  @inline(__always)
  mutating func append(upTo limit: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    var result = 0
    append(addingCapacity: limit) { span in
      unsafe span.withUnsafeMutableBufferPointer { bytes, count in
        let free = unsafe UnsafeMutableBufferPointer(rebasing: bytes[count..<count + limit])
        result = unsafe fill(UnsafeMutableRawBufferPointer(free))
        if result > 0 { count += Swift.min(result, limit) }
      }
    }
    return result
  }
}
