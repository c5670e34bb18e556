import Glibc
import Sockets

/// A file or folder below the root that is served.
package final class ServedFile: Sendable {
  /// Why there is none.
  enum Failure: Error { case missing, forbidden, tooManyOpenFiles }

  private let descriptor: OwnedDescriptor

  /// Whether it is a folder.
  let isFolder: Bool

  /// How many bytes it has.
  let size: Int

  /// When it was last changed.
  let modified: HTTPDate

  /// What changes with the contents: RFC 9110 section 8.8.3.
  let tag: String

  /// Opens a file.
  ///
  /// Symbolic links are followed as long as they stay below the root: it is the open file that is asked for
  /// its place, so that there is no moment between the question and the opening.
  ///
  /// - Parameters:
  ///   - path: The file's path, relative to the root.
  ///   - root: The root, without symbolic links in it.
  /// - Throws: Why there is none to be served.
  init(_ path: String, below root: String) throws(Failure) {
    // Without waiting for a writer, should it be a pipe.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let number = unsafe open("\(root)/\(path)", flags)
    if number < 0 {
      switch errno {
      case EMFILE, ENFILE, ENOMEM: throw .tooManyOpenFiles
      case EACCES, EPERM: throw .forbidden
      default: throw .missing
      }
    }
    descriptor = OwnedDescriptor(owning: number)
    var status = stat()
    guard unsafe fstat(number, &status) == 0, let place = Self.place(of: number) else {
      throw .missing
    }
    guard place == root || root == "/" || place.hasPrefix("\(root)/") else { throw .forbidden }
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    guard isFolder || status.st_mode & S_IFMT == S_IFREG else { throw .forbidden }
    size = Int(status.st_size)
    modified = HTTPDate(seconds: status.st_mtim.tv_sec)
    let instant = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
    tag = "\"\(String(instant, radix: 16))-\(String(size, radix: 16))\""
  }

  /// That the file has become shorter since it was opened.
  struct Changed: Error {}

  /// Reads a part of the file, and adds it to bytes.
  ///
  /// The thread waits for the disk, if the file does not lie in memory: hence parts of moderate size.
  ///
  /// - Parameters:
  ///   - range: The part.
  ///   - output: Receives the bytes at its end.
  /// - Throws: That there are not so many bytes any more.
  func read(_ range: Range<Int>, into output: inout [UInt8]) throws {
    var rest = range
    output.append(addingCapacity: range.count) { span in
      unsafe span.withUnsafeMutableBufferPointer { bytes, count in
        var result = 1
        while !rest.isEmpty, result > 0 {
          result = descriptor.withUnsafeDescriptor { number in
            let start = unsafe bytes.baseAddress?.advanced(by: count)
            return unsafe pread(number, start, rest.count, rest.lowerBound)
          }
          count += max(0, result)
          rest = rest.dropFirst(max(0, result))
        }
      }
    }
    if !rest.isEmpty { throw Changed() }
  }

  /// Sends a part of the file.
  ///
  /// - Parameters:
  ///   - range: The part.
  ///   - connection: Where to.
  /// - Throws: That there are not so many bytes any more, or what the connection has met.
  func send(_ range: Range<Int>, to connection: TCPConnection) async throws {
    do {
      try await connection.send(file: descriptor, range: range)
    } catch let error as SocketError where error.code == .unexpectedEndOfStream {
      throw Changed()
    }
  }

  /// The names in a folder, but for hidden ones, in order; those of folders with a slash.
  func names() -> [String] {
    let number = descriptor.withUnsafeDescriptor { unsafe openat($0, ".", O_RDONLY | O_CLOEXEC) }
    guard number >= 0, let folder = unsafe fdopendir(number) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let isFolder = unsafe entry.pointee.d_type == DT_DIR
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, name.utf8.first != .dot { names.append(isFolder ? name + "/" : name) }
    }
    return names.sorted()
  }

  /// Where an open file lies.
  private static func place(of number: Int32) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { bytes in
      guard let start = bytes.baseAddress else { return nil }
      let count = unsafe readlink("/proc/self/fd/\(number)", start, bytes.count)
      return count > 0 ? unsafe String(validating: bytes.prefix(count), as: UTF8.self) : nil
    }
  }
}
