/// The process at the other end of a Unix-domain socket, as the kernel vouches for it.
///
/// Of a connection it is the process that called `connect`, `listen` or `socketpair`, at the time of that
/// call: the socket may have been passed on since. Of a datagram it is the process that sent it.
///
/// The corresponding C type is `struct ucred` (unix(7), `SO_PEERCRED` and `SCM_CREDENTIALS`).
public struct PeerCredentials: Hashable, Sendable {
  /// The process, `pid_t`; 0 if it is not visible from here.
  ///
  /// The number can belong to another process by now.
  public var processID: Int32

  /// The effective user, `uid_t`; 65534 if it has no number here.
  public var userID: UInt32

  /// The effective group, `gid_t`; 65534 if it has no number here.
  public var groupID: UInt32
}
