import Glibc
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct SocketErrorTests {
  @Test(arguments: [
    (EADDRINUSE, "EADDRINUSE", SocketError.Code.addressInUse),
    (EADDRNOTAVAIL, "EADDRNOTAVAIL", .addressNotAvailable),
    (EACCES, "EACCES", .permissionDenied),
    (EPERM, "EPERM", .permissionDenied),
    (ECONNREFUSED, "ECONNREFUSED", .connectionRefused),
    (ECONNRESET, "ECONNRESET", .connectionReset),
    (ECONNABORTED, "ECONNABORTED", .connectionAborted),
    (EPIPE, "EPIPE", .brokenPipe),
    (ENOTCONN, "ENOTCONN", .notConnected),
    (ETIMEDOUT, "ETIMEDOUT", .timedOut),
    (EHOSTUNREACH, "EHOSTUNREACH", .hostUnreachable),
    (EHOSTDOWN, "EHOSTDOWN", .hostUnreachable),
    (ENETUNREACH, "ENETUNREACH", .networkUnreachable),
    (ENETDOWN, "ENETDOWN", .networkUnreachable),
    (EMFILE, "EMFILE", .tooManyOpenFiles),
    (ENFILE, "ENFILE", .tooManyOpenFiles),
    (ENOBUFS, "ENOBUFS", .noBufferSpace),
    (ENOMEM, "ENOMEM", .noBufferSpace),
    (EMSGSIZE, "EMSGSIZE", .messageTooLong),
    (EINVAL, "EINVAL", .invalidArgument),
    (EAFNOSUPPORT, "EAFNOSUPPORT", .notSupported),
    (EPROTONOSUPPORT, "EPROTONOSUPPORT", .notSupported),
    (EOPNOTSUPP, "EOPNOTSUPP", .notSupported),
    (EBADF, "EBADF", .other),
    (EIO, "EIO", .other),
  ])
  func `every error number has a code and keeps its name`(
    number: Int32,
    name: String,
    code: SocketError.Code
  ) throws {
    let failure = OperationFailure.failed(Errno(number)).error(.connect)
    let error = try #require(failure as? SocketError)
    #expect(error.code == code)
    #expect(error.errno == number)
    #expect(error.description.contains("\(name), errno \(number)"))
  }

  @Test func `an unknown error number keeps its number`() {
    let error = SocketError(.other, operation: .read, errno: 4242)
    #expect(error.description.contains("4242"))
  }

  @Test(arguments: [
    (OperationFailure.closed, SocketError.Code.closed), (.timedOut, .timedOut),
    (.busy, .concurrentRead),
  ])
  func `what the library refuses has no error number`(
    failure: OperationFailure,
    code: SocketError.Code
  ) throws {
    let error = try #require(failure.error(.read) as? SocketError)
    #expect(error.code == code)
    #expect(error.errno == nil)
  }

  @Test func `a cancellation without effect is a CancellationError`() throws {
    #expect(OperationFailure.cancelled.error(.read) is CancellationError)
    #expect(OperationFailure.cancelled.error(.write, bytesWritten: 0) is CancellationError)
    let partial = OperationFailure.cancelled.error(.write, bytesWritten: 3)
    let error = try #require(partial as? SocketError)
    #expect(error.code == .cancelled)
    #expect(error.bytesWritten == 3)
  }

  @Test func `the description names the operation, both addresses, the reason and the number`()
    throws
  {
    let local = try SocketAddress(parsing: "127.0.0.1:7007")
    let remote = try SocketAddress(parsing: "[2001:db8::1]:80")
    let error = SocketError(
      .connectionReset,
      operation: .write,
      localAddress: local,
      remoteAddress: remote,
      errno: ECONNRESET,
      bytesWritten: 12,
      detail: "a detail"
    )
    let parts = [
      "write", local.description, remote.description, error.code.description, "a detail",
      "12 bytes", "ECONNRESET", "\(ECONNRESET)",
    ]
    for part in parts { #expect(error.description.contains(part)) }
    #expect(!error.description.contains("\n"))
  }

  @Test func `the description names the one address that is known`() throws {
    let address = try SocketAddress(parsing: "127.0.0.1:7007")
    let local = SocketError(.addressInUse, operation: .bind, localAddress: address)
    let remote = SocketError(.connectionRefused, operation: .connect, remoteAddress: address)
    #expect(local.description.contains("bind 127.0.0.1:7007"))
    #expect(remote.description.contains("connect to 127.0.0.1:7007"))
  }
}
