internal import CSockets

/// The file that a Unix-domain socket has in the file system, known by its device and inode.
struct SocketFile: Sendable {
  private let path: [CChar]
  private let device: UInt64
  private let inode: UInt64

  /// Whether it is of the type "socket".
  let isSocket: Bool

  /// Looks at what has the path now; a symbolic link is not followed.
  ///
  /// C: `lstat(2)`.
  init(at address: UnixAddress, kernel: Kernel) throws(Errno) {
    try self.init(path: Self.terminated(address.bytes), kernel: kernel)
  }

  /// What has the path now, if anything has.
  static func found(at address: UnixAddress, kernel: Kernel) throws(Errno) -> SocketFile? {
    do throws(Errno) {
      return try SocketFile(at: address, kernel: kernel)
    } catch .fileNotFound {
      return nil
    }
  }

  private init(path: [CChar], kernel: Kernel) throws(Errno) {
    var status = csockets_file_status()
    _ = try retryingOnInterrupt { unsafe kernel.call.fileStatus(path, &status) }
    self.path = path
    device = status.device
    inode = status.inode
    isSocket = status.is_socket != 0
  }

  /// Whether both are the same file.
  func isSame(as other: SocketFile) -> Bool { device == other.device && inode == other.inode }

  /// Removes the file, if it still has its path.
  ///
  /// C: `unlink(2)`.
  func remove(kernel: Kernel) {
    do throws(Errno) {
      guard isSame(as: try SocketFile(path: path, kernel: kernel)) else { return }
      _ = try retryingOnInterrupt { unsafe kernel.call.unlink(path) }
    } catch {
      // Gone already, or not ours to remove: a file that stays is found stale by the next server.
    }
  }

  /// Takes the one lock on a path's directory: it ends with the descriptor.
  ///
  /// A lock on the directory, unlike a lock file, leaves nothing behind that could be removed while
  /// somebody waits for it.
  ///
  /// C: `open(2)` with `O_DIRECTORY`, and `flock(2)` with `LOCK_NB`.
  ///
  /// - Returns: `nil` while another has the lock.
  static func lockDirectory(
    of address: UnixAddress,
    kernel: Kernel
  ) throws(Errno) -> FileDescriptor? {
    let slash = address.bytes.lastIndex(of: UInt8(ascii: "/"))
    // "/a" lies in "/", "a" in the working directory.
    let directory = slash.map { Array(address.bytes[..<max($0, 1)]) } ?? [UInt8(ascii: ".")]
    let path = terminated(directory)
    let number = try retryingOnInterrupt { unsafe kernel.call.openDirectory(path) }
    let lock = FileDescriptor(owning: Int32(number), kernel: kernel)
    do throws(Errno) {
      _ = try retryingOnInterrupt { kernel.call.tryLock(Int32(number)) }
    } catch .again {
      return nil
    }
    return lock
  }

  private static func terminated(_ path: [UInt8]) -> [CChar] {
    path.map(CChar.init(bitPattern:)) + [0]
  }
}
