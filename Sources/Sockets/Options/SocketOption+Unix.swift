/// Options of Unix-domain sockets. C: `unix(7)`.
extension SocketOption where Value == Bool, Scope == UnixDatagram {
  /// Whether each received datagram tells which process has sent it: ``Datagram/credentials``.
  ///
  /// Set it before the first datagram comes, best in the `configure` closure of bind: for those that are
  /// queued already the kernel tells process 0 and user 65534. A socket without a name gets one
  /// from the kernel with its first send, as if it had been bound to ``UnixAddress/unnamed``.
  ///
  /// C: `SO_PASSCRED`.
  public static var receivesCredentials: SocketOption<Bool, Scope> {
    SocketOption(.passCredentials, .flag)
  }
}
