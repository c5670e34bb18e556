internal import CSockets
internal import Glibc

/// Calls on somebody's open file, which is to be sent over a socket.
enum RegularFile {
  /// How large a file is.
  ///
  /// C: `fstat(2)`.
  ///
  /// - Parameters:
  ///   - number: The file's descriptor.
  ///   - kernel: The system calls.
  /// - Returns: Its size, in bytes, 0 for most files of `/proc`; `nil` if it is no regular file.
  /// - Throws: The error number.
  static func size(of number: Int32, _ kernel: Kernel) throws(Errno) -> Int? {
    var status = csockets_file_status()
    _ = try retryingOnInterrupt { kernel.call.openFileStatus(number, &status) }
    return status.is_regular != 0 ? Int(status.size) : nil
  }

  /// Reads a part of a file at the end of an array, which begins empty.
  ///
  /// C: `pread(2)`.
  ///
  /// - Returns: How many bytes, 0 at the file's end, or the negated error number.
  static func read(
    _ number: Int32,
    at offset: Int,
    appendingTo array: inout [UInt8],
    upTo limit: Int,
    _ kernel: Kernel
  ) -> Int {
    unsafe array.append(upTo: limit) { buffer in
      repeatingOnInterrupt { unsafe kernel.call.readAt(number, buffer, Int64(offset)) }
    }
  }
}

extension Socket {
  /// Sends a part of a file.
  ///
  /// C: `sendfile(2)`.
  ///
  /// - Parameters:
  ///   - file: The file's descriptor.
  ///   - offset: Where the part begins.
  ///   - count: The most to send, in bytes.
  /// - Returns: How many bytes, 0 at the file's end, or the negated error number.
  func send(file: Int32, from offset: Int, _ count: Int) -> Int {
    repeatingOnInterrupt {
      kernel.call.sendfile(number, file, Int64(offset), count)
    }
  }
}

extension Errno {
  /// Whether `sendfile` means the file that it reads: that this call cannot send it, or that it cannot be
  /// read.
  var concernsFile: Bool {
    switch rawValue {
    case EINVAL, ENOSYS, EOPNOTSUPP, EBADF, EISDIR, EIO, EOVERFLOW: true
    default: false
    }
  }
}
