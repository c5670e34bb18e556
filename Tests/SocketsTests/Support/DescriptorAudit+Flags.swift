import Glibc
import SocketsTesting

/// More about descriptors, which the library's own tests look at.
///
/// Other tests open and close descriptors at the same time, so nothing is counted here: a descriptor
/// is recognised by the object behind it, such as `socket:[4711]`, whose number is never given out
/// twice.
extension DescriptorAudit {
  /// The objects behind all open descriptors.
  ///
  /// - Returns: The targets of the links in `/proc/self/fd`.
  /// - Throws: Why they cannot be read.
  static func openObjects() throws -> Set<String> { Set(try open().values) }

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
