import Glibc
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct AcceptDispositionTests {
  /// The errors that concern one client (hazard 28).
  static let perConnection = [
    ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
    EOPNOTSUPP, ENETUNREACH, ETIMEDOUT, ECONNRESET,
  ]

  /// The errors that pass when descriptors or memory become free (hazard 30).
  static let exhaustion = [EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC]

  /// The errors that end the listener.
  static let fatal = [EBADF, EINVAL, ENOTSOCK, EFAULT]

  @Test(arguments: perConnection)
  func `an error of one client goes on with the next`(number: Int32) {
    #expect(AcceptDisposition(Errno(number)) == .next)
  }

  @Test(arguments: exhaustion)
  func `exhaustion waits`(number: Int32) {
    #expect(AcceptDisposition(Errno(number)) == .wait)
  }

  @Test(arguments: fatal)
  func `an error of the listener itself is reported`(number: Int32) {
    #expect(AcceptDisposition(Errno(number)) == .fail)
  }
}
