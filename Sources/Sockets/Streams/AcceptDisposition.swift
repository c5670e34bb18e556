/// What an error of `accept4(2)` means for the listener: a pure function.
///
/// On Linux, accept also reports errors that the *new* connection already has (accept(2), "Error
/// handling"). Such an error concerns one client, and the next one is waiting behind it; a listener
/// that stops at it can be silenced by a port scan.
///
/// ENOSPC is not an error of accept but of the epoll_ctl(2) that follows it: the user's limit of
/// registrations (`/proc/sys/fs/epoll/max_user_watches`). The client that met it is lost, as it is with ENOMEM from
/// there; there is one of them for each pause.
enum AcceptDisposition: Equatable {
  /// One connection is lost, by no fault of ours: take the next.
  case next
  /// Descriptors or memory have run out: the queue is kept; wait until some come free.
  case wait
  /// The listener itself is at fault: tell the caller.
  case fail

  init(_ error: Errno) {
    switch error {
    case .connectionAborted, .protocolError, .notPermitted, .networkDown, .noProtocolOption,
      .hostDown, .noNetwork, .hostUnreachable, .notSupported, .networkUnreachable, .timedOut,
      .connectionReset:
      self = .next
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace, .noMemory, .noSpace:
      self = .wait
    default:
      self = .fail
    }
  }
}
