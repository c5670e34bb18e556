internal import CSockets
internal import Glibc

/// Searching bytes, with the vector code of the C library.
extension Span<UInt8> {
  /// Where a byte occurs first.
  ///
  /// C: `memchr(3)`.
  ///
  /// - Parameters:
  ///   - byte: The byte.
  ///   - start: Where to begin, `0...count`.
  /// - Returns: Its index; `nil` if it does not occur.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    unsafe withUnsafeBytes { bytes in
      guard start < bytes.count, let base = bytes.baseAddress else { return nil }
      let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
      return unsafe found.map { unsafe UnsafeRawPointer($0) - base }
    }
  }

  /// Where a sequence of bytes occurs first.
  ///
  /// C: `memchr(3)`, then `memmem(3)`: the time grows with the sum of both lengths, whatever the bytes.
  ///
  /// - Parameters:
  ///   - sequence: The bytes; one of no bytes is found at once.
  ///   - start: Where to begin, `0...count`.
  /// - Returns: The index of its first byte; `nil` if it does not occur.
  func firstIndex(of sequence: [UInt8], from start: Int) -> Int? {
    unsafe withUnsafeBytes { bytes -> Int? in
      guard start < bytes.count, let base = bytes.baseAddress else {
        return sequence.isEmpty ? start : nil
      }
      return unsafe sequence.withUnsafeBytes { sequence -> Int? in
        guard let first = sequence.baseAddress else { return start }
        let count = bytes.count - start
        let found = unsafe csockets_find(base + start, count, first, sequence.count)
        return unsafe found.map { unsafe $0 - base }
      }
    }
  }
}
