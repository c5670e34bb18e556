extension OperationFailure {
  /// The failure as users see it.
  ///
  /// - Parameters:
  ///   - operation: The call that failed.
  ///   - localAddress: This end.
  ///   - remoteAddress: The other end.
  ///   - bytesWritten: For a write, what the kernel took.
  /// - Returns: A `SocketError`, or `CancellationError` if the call was cancelled and has had no effect.
  func error(
    _ operation: SocketError.Operation,
    localAddress: (any TransportAddress)? = nil,
    remoteAddress: (any TransportAddress)? = nil,
    bytesWritten: Int? = nil
  ) -> any Error {
    let code: SocketError.Code
    var errno: Int32?
    switch self {
    case .cancelled where (bytesWritten ?? 0) == 0: return CancellationError()
    case .cancelled: code = .cancelled
    case .timedOut: code = .timedOut
    case .closed: code = .closed
    case .busy: code = .concurrentRead
    case .failed(let error):
      code = error.code
      errno = error.rawValue
    }
    return SocketError(
      code,
      operation: operation,
      localAddress: localAddress,
      remoteAddress: remoteAddress,
      errno: errno,
      bytesWritten: bytesWritten
    )
  }
}
