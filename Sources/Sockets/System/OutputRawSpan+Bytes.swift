extension OutputRawSpan {
  /// Adds bytes at the end.
  ///
  /// C: `memcpy(3)`.
  ///
  /// - Parameter bytes: The bytes, at most as many as there is room for.
  mutating func append(copying bytes: Span<UInt8>) {
    precondition(bytes.count <= freeCapacity, "a span has no room for \(bytes.count) bytes")
    unsafe withUnsafeMutableBytes { room, count in
      unsafe bytes.withUnsafeBytes { bytes in
        unsafe UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: bytes)
      }
      count += bytes.count
    }
  }
}
