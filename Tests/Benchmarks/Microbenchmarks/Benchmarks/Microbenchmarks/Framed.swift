import Benchmark
import CYardsticks
import Glibc

/// Bytes in frames, and the plainest code that takes them apart again.
enum Framed {
  /// Ended by LF.
  case lines
  /// Behind four bytes of length.
  case lengths
  /// Ended by two bytes.
  case delimiters

  /// What ends a frame of `delimiters`.
  static let delimiter: [UInt8] = [13, 10]

  /// Frames, one after the other.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - size: The size of each, without its frame.
  /// - Returns: The bytes.
  func bytes(frames count: Int, of size: Int) -> [UInt8] {
    let content = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    let frame: [UInt8] =
      switch self {
      case .lines: content + [10]
      case .lengths: (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + content
      case .delimiters: content + Self.delimiter
      }
    return (0..<count).flatMap { _ in frame }
  }

  /// Takes all frames out of bytes that lie in one piece.
  ///
  /// - Parameter bytes: The bytes.
  /// - Returns: How many frames.
  func takeApart(_ bytes: [UInt8]) -> Int {
    unsafe bytes.withUnsafeBytes { bytes in
      var rest = unsafe bytes[...]
      var count = 0
      while unsafe !rest.isEmpty {
        let (content, size) = unsafe first(of: UnsafeRawBufferPointer(rebasing: rest))
        unsafe rest = rest.dropFirst(size)
        switch self {
        case .lines: unsafe blackHole(String(decoding: content, as: UTF8.self))
        case .lengths, .delimiters: unsafe blackHole(Array(content))
        }
        count += 1
      }
      return count
    }
  }

  /// The first frame's content, and the size of the whole frame.
  private func first(
    of bytes: UnsafeRawBufferPointer
  ) -> (content: UnsafeRawBufferPointer, size: Int) {
    guard let start = bytes.baseAddress else { preconditionFailure("no bytes") }
    switch self {
    case .lines:
      guard let end = unsafe memchr(start, 10, bytes.count) else { preconditionFailure("no end") }
      let count = unsafe UnsafeRawPointer(end) - start
      return unsafe (UnsafeRawBufferPointer(rebasing: bytes[..<count]), count + 1)
    case .lengths:
      let count = unsafe Int(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
      return unsafe (UnsafeRawBufferPointer(rebasing: bytes[4..<4 + count]), 4 + count)
    case .delimiters:
      guard let end = unsafe yardstick_find(start, bytes.count, Self.delimiter, 2) else {
        preconditionFailure("no end")
      }
      let count = unsafe UnsafeRawPointer(end) - start
      return unsafe (UnsafeRawBufferPointer(rebasing: bytes[..<count]), count + 2)
    }
  }
}
