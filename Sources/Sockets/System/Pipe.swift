internal import Glibc

/// A pipe that bytes pass through on their way from one socket to another, by reference: the kernel moves
/// pages and copies nothing.
///
/// C: `pipe(7)`.
final class Pipe: Sendable {
  private let readEnd: FileDescriptor
  private let writeEnd: FileDescriptor

  /// A mebibyte, the most that an unprivileged program may ask for (`/proc/sys/fs/pipe-max-size`).
  ///
  /// The fewer calls the better: on loopback a relay through 64 KiB takes half as much CPU time again
  /// per byte, through 256 KiB a quarter.
  private static let capacity = 1 << 20

  private init(_ readEnd: consuming FileDescriptor, _ writeEnd: consuming FileDescriptor) {
    self.readEnd = readEnd
    self.writeEnd = writeEnd
  }

  /// Opens a pipe, close-on-exec and non-blocking.
  ///
  /// C: `pipe2(2)`, and `fcntl(2)` with `F_SETPIPE_SZ`, which the kernel refuses once all pipes of the user
  /// have grown too much together: the pipe is then as large as it was born.
  static func make(kernel: Kernel) throws(Errno) -> Pipe {
    var ends: [2 of Int32] = [-1, -1]
    _ = try retryingOnInterrupt { kernel.call.pipe(&ends) }
    let readEnd = FileDescriptor(owning: ends[0], kernel: kernel)
    let writeEnd = FileDescriptor(owning: ends[1], kernel: kernel)
    let setSize: Int32 = 1031  // F_SETPIPE_SZ of linux/fcntl.h, which the Glibc module lacks
    _ = kernel.call.control(ends[1], setSize, Int32(capacity))
    return Pipe(readEnd, writeEnd)
  }

  /// Reads at the end of an array.
  ///
  /// C: `read(2)`.
  ///
  /// - Returns: How many bytes, or the negated error number.
  func read(appendingTo array: inout [UInt8], upTo limit: Int) -> Int {
    unsafe array.append(upTo: limit) { buffer in
      repeatingOnInterrupt { unsafe readEnd.kernel.call.read(readEnd.number, buffer) }
    }
  }

  /// Moves bytes from a socket into the pipe, as many as it has room for.
  ///
  /// C: `splice(2)`.
  ///
  /// - Parameter socket: The socket.
  /// - Returns: How many bytes, 0 at the end of the stream, or the negated error number: EAGAIN for an
  ///   empty socket as for a full pipe.
  func fill(from socket: Socket) -> Int {
    splice(from: socket.number, to: writeEnd.number, Self.capacity, isToSocket: false)
  }

  /// Moves bytes from the pipe into a socket.
  ///
  /// C: `splice(2)`.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - count: How many the pipe holds; `splice` holds back a last small packet if it is told more.
  /// - Returns: How many bytes, or the negated error number.
  func drain(into socket: Socket, _ count: Int) -> Int {
    splice(from: readEnd.number, to: socket.number, count, isToSocket: true)
  }

  private func splice(from source: Int32, to target: Int32, _ count: Int, isToSocket: Bool) -> Int {
    repeatingOnInterrupt {
      readEnd.kernel.call.splice(source, target, count, isToSocket)
    }
  }
}
