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

  /// A copy of bytes, in storage of their own size.
  init(copying bytes: Span<UInt8>) {
    // Not by one of the initializers for it: those ask the runtime for their type each time.
    self.init()
    reserveCapacity(bytes.count)
    append(copying: bytes)
  }

  /// Adds a copy of bytes.
  mutating func append(copying bytes: Span<UInt8>) {
    if bytes.isEmpty { return }
    append(addingCapacity: bytes.count) { $0.append(copying: bytes) }
  }
}

extension OutputSpan<UInt8> {
  /// Adds a copy of bytes.
  ///
  /// C: `memcpy(3)`.
  ///
  /// - Parameter bytes: The bytes, at most as many as there is room for.
  @inline(__always)
  fileprivate mutating func append(copying bytes: Span<UInt8>) {
    precondition(bytes.count <= freeCapacity, "a span has no room for \(bytes.count) bytes")
    unsafe withUnsafeMutableBufferPointer { room, count in
      unsafe bytes.withUnsafeBytes { bytes in
        let free = unsafe UnsafeMutableBufferPointer(rebasing: room[count...])
        unsafe UnsafeMutableRawBufferPointer(free).copyMemory(from: bytes)
      }
      count += bytes.count
    }
  }
}
