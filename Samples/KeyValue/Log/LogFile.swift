import Glibc
import Sockets

/// The file of the log; its calls block.
package struct LogFile: ~Copyable, Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    init(_ what: String, _ path: String) {
      description = unsafe "cannot \(what) \(path): \(String(cString: strerror(errno)))"
    }

    init(_ description: String) { self.description = description }
  }

  let path: String
  private let descriptor: OwnedDescriptor

  /// Opens the file, or makes it, for this process alone.
  package init(path: String) throws(Failure) {
    let number = unsafe open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw Failure("open", path) }
    let descriptor = OwnedDescriptor(owning: number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else { throw Failure("lock", path) }
    // A new file is found again after a power cut only if its directory knows of it.
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { path[...$0] } ?? "."
    let parent = unsafe open(String(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else { throw Failure("open", String(directory)) }
    defer { close(parent) }
    guard fsync(parent) == 0 else { throw Failure("write", String(directory)) }
    self.path = path
    self.descriptor = descriptor
  }

  /// Reads on, from the beginning.
  ///
  /// - Returns: The bytes; none at the end.
  func read(upTo limit: Int) throws(Failure) -> [UInt8] {
    var result = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { memory, count in
      repeat {
        result = descriptor.withUnsafeDescriptor { number in
          unsafe Glibc.read(number, memory.baseAddress, limit)
        }
      } while result < 0 && errno == EINTR
      count = max(0, result)
    }
    if result < 0 { throw Failure("read", path) }
    return bytes
  }

  /// Writes bytes at the end: all of them.
  func append(_ bytes: [UInt8]) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = descriptor.withUnsafeDescriptor { number in
        unsafe bytes.withUnsafeBytes { memory in
          unsafe Glibc.write(
            number,
            memory.baseAddress?.advanced(by: written),
            memory.count - written
          )
        }
      }
      if count > 0 {
        written += count
      } else if errno != EINTR {
        throw Failure("write to", path)
      }
    }
  }

  /// Waits until everything is on the disk.
  func synchronize() throws(Failure) {
    guard descriptor.withUnsafeDescriptor({ fdatasync($0) }) == 0 else {
      throw Failure("write to", path)
    }
  }

  /// Cuts off what is behind so many bytes.
  func truncate(to size: Int) throws(Failure) {
    guard descriptor.withUnsafeDescriptor({ ftruncate($0, size) }) == 0 else {
      throw Failure("cut off the end of", path)
    }
    try synchronize()
  }
}
