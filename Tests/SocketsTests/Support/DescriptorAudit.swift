import FoundationEssentials
import Glibc

/// A look at this process's descriptors, from outside the library.
///
/// Other tests open and close descriptors at the same time, so nothing is counted here: a descriptor
/// is recognised by the object behind it, such as `socket:[4711]`, whose number is never given out
/// twice.
enum DescriptorAudit {
  /// The objects behind all open descriptors.
  ///
  /// - Returns: The targets of the links in `/proc/self/fd`.
  /// - Throws: An error of the file system.
  static func openObjects() throws -> Set<String> {
    let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    return Set(numbers.compactMap { Int32($0).flatMap(object) })
  }

  /// The object behind a descriptor.
  ///
  /// - Parameter descriptor: The descriptor's number.
  /// - Returns: The target of its link in `/proc/self/fd`; `nil` if it is not open.
  static func object(_ descriptor: Int32) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
  }

  /// Whether a child process that executes another program would not get the descriptor.
  static func isCloseOnExec(_ descriptor: Int32) -> Bool {
    let flags = fcntl(descriptor, F_GETFD)
    return flags >= 0 && flags & FD_CLOEXEC != 0
  }

  /// Whether calls on the descriptor return at once.
  static func isNonBlocking(_ descriptor: Int32) -> Bool {
    let flags = fcntl(descriptor, F_GETFL)
    return flags >= 0 && flags & O_NONBLOCK != 0
  }

  /// Whether bytes, or connections, wait in the kernel to be taken.
  static func isReadable(_ descriptor: Int32) -> Bool { has(POLLIN, descriptor) }

  /// Whether the peer's end of the stream has arrived.
  static func isAtEnd(_ descriptor: Int32) -> Bool { has(pollReadHangUp, descriptor) }

  /// Whether the connection was reset.
  static func isReset(_ descriptor: Int32) -> Bool { has(POLLERR, descriptor) }

  /// Whether nobody has the other end any more: of a pipe, the last writer is gone.
  static func isHungUp(_ descriptor: Int32) -> Bool { has(POLLHUP, descriptor) }

  /// `POLLRDHUP`, which the Glibc module lacks (poll(2)).
  private static let pollReadHangUp: Int32 = 0x2000

  private static func has(_ event: Int32, _ descriptor: Int32) -> Bool {
    var query = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return unsafe poll(&query, 1, 0) == 1 && query.revents & Int16(event) != 0
  }
}
