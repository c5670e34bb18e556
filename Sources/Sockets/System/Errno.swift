internal import CSockets
internal import Glibc

/// An error number of the kernel.
///
/// The corresponding C facility is `errno(3)`. It is read once, in C, in the same frame as the call
/// that failed (see `CSockets.c`), and travels as a negative result from there on, so that no
/// release, `defer` or `await` can come between.
struct Errno: Error, Equatable, CustomStringConvertible {
  let rawValue: Int32

  init(_ rawValue: Int32) { self.rawValue = rawValue }

  /// The symbolic name and the number, for example `EADDRINUSE, errno 98`.
  var description: String {
    guard let name = unsafe csockets_error_name(rawValue) else { return "errno \(rawValue)" }
    return unsafe "\(String(cString: name)), errno \(rawValue)"
  }

  /// The name that the library gives this error.
  var code: SocketError.Code {
    switch rawValue {
    case EADDRINUSE: .addressInUse
    case EADDRNOTAVAIL: .addressNotAvailable
    case EACCES, EPERM: .permissionDenied
    case ECONNREFUSED: .connectionRefused
    case ECONNRESET: .connectionReset
    case ECONNABORTED: .connectionAborted
    case EPIPE: .brokenPipe
    case ENOTCONN, EDESTADDRREQ: .notConnected
    case ETIMEDOUT: .timedOut
    case EHOSTUNREACH, EHOSTDOWN: .hostUnreachable
    case ENETUNREACH, ENETDOWN: .networkUnreachable
    case EMFILE, ENFILE: .tooManyOpenFiles
    case ENOBUFS, ENOMEM: .noBufferSpace
    case EMSGSIZE: .messageTooLong
    case EINVAL: .invalidArgument
    case ENOENT: .fileNotFound
    case EAFNOSUPPORT, EPROTONOSUPPORT, EOPNOTSUPP, ENOPROTOOPT: .notSupported
    default: .other
    }
  }

  /// Whether it says something about one call and what it was given, or about a lack of memory that
  /// passes, and nothing about the connection.
  var concernsTheCallOnly: Bool {
    switch rawValue {
    case EBADF, EINVAL, EMSGSIZE, ENOBUFS, ENOMEM, ETOOMANYREFS, EPERM: true
    default: false
    }
  }

  static let invalidArgument = Errno(EINVAL)
  static let inputOutput = Errno(EIO)
  static let messageTooLong = Errno(EMSGSIZE)
  static let accessDenied = Errno(EACCES)
  static let again = Errno(EAGAIN)
  static let interrupted = Errno(EINTR)
  static let addressInUse = Errno(EADDRINUSE)
  static let fileNotFound = Errno(ENOENT)
  static let canceled = Errno(ECANCELED)
  static let notPermitted = Errno(EPERM)
  static let connectionAborted = Errno(ECONNABORTED)
  static let connectionRefused = Errno(ECONNREFUSED)
  static let connectionReset = Errno(ECONNRESET)
  static let brokenPipe = Errno(EPIPE)
  static let notConnected = Errno(ENOTCONN)
  static let protocolError = Errno(EPROTO)
  static let noProtocolOption = Errno(ENOPROTOOPT)
  static let notSupported = Errno(EOPNOTSUPP)
  static let networkDown = Errno(ENETDOWN)
  static let networkUnreachable = Errno(ENETUNREACH)
  static let hostDown = Errno(EHOSTDOWN)
  static let hostUnreachable = Errno(EHOSTUNREACH)
  static let noNetwork = Errno(ENONET)
  static let timedOut = Errno(ETIMEDOUT)
  static let tooManyOpenFiles = Errno(EMFILE)
  static let tooManyOpenFilesInSystem = Errno(ENFILE)
  static let noBufferSpace = Errno(ENOBUFS)
  static let noMemory = Errno(ENOMEM)
  static let busy = Errno(EBUSY)
  static let noData = Errno(ENODATA)
  static let noSpace = Errno(ENOSPC)

  /// Whether this process, or the machine, has no more descriptors: a close mends it.
  var isLackOfDescriptors: Bool { self == .tooManyOpenFiles || self == .tooManyOpenFilesInSystem }
}

/// Runs a system call, again while a signal interrupts it, and returns its result.
///
/// `close` and `connect` do not come through here: the first must never be repeated, for the second
/// an interruption means that the connection is in progress.
///
/// - Parameter call: The call; a negative result is the negated error number.
/// - Returns: The call's result, zero or more.
/// - Throws: The error number.
@inline(__always)
func retryingOnInterrupt(_ call: () -> Int) throws(Errno) -> Int {
  let result = repeatingOnInterrupt(call)
  if result >= 0 { return result }
  throw Errno(Int32(-result))
}

/// Makes a system call, again for as long as a signal interrupts it, for a caller to whom a negated error number
/// is a result like others.
///
/// - Parameter call: The call.
/// - Returns: Its result, or its negated error number, which is not EINTR.
@inline(__always)
func repeatingOnInterrupt(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result != -Int(EINTR) { return result }
  }
}
