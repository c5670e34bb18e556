internal import Synchronization

/// The one implementation behind every ``DatagramSocket``, whatever its transport.
///
/// The socket is a handle on it: when the last handle is gone, the descriptor is closed.
@usableFromInline
final class DatagramPort: Sendable {
  /// The reactor that watches it, for its whole life.
  let reactor: Reactor

  /// Its descriptor.
  let registration: Registration

  /// The file that it has in the file system, to be removed by the close.
  private let file: SocketFile?

  /// What stands for a sender that the kernel does not tell.
  let blankName: SocketName

  /// Whether the kernel may hand over several datagrams in one piece.
  let coalesces: Bool

  /// An error of the network that a send has met in place of its own result, and no receive has told
  /// yet; 0 for none.
  private let undelivered = Atomic<Int32>(0)

  /// The rest of a piece of which a single receive has returned the first datagram.
  ///
  /// Touched by the owner of the reading direction only.
  let rest = Lock<[Message]>([])

  /// Whether `rest` holds anything: so that a receive need not take the lock.
  let hasRest = Atomic<Bool>(false)

  /// A datagram on its way to whoever receives it.
  @usableFromInline
  struct Message: Sendable {
    @usableFromInline var payload: [UInt8] = []
    @usableFromInline var header: MessageHeader
  }

  init(
    reactor: Reactor,
    registration: Registration,
    file: SocketFile? = nil,
    coalesces: Bool = false
  ) {
    self.reactor = reactor
    self.registration = registration
    self.file = file
    self.coalesces = coalesces
    blankName = (registration.identity?.localName ?? .memory).anonymous
    registration.announce()
  }

  deinit { close(.dropped) }

  /// This end.
  var localName: SocketName { registration.identity?.localName ?? .memory }

  /// The peer, if the socket is connected.
  var remoteName: SocketName? { registration.identity?.remoteName }

  /// Closes the socket, and removes its file, while it is still open: see ``Acceptor/close()``.
  func close(_ manner: SocketEvent.CloseReason = .closed) {
    registration.close(manner) { socket in file?.remove(kernel: socket.kernel) }
  }

  /// Whether a send has met an error that no receive has told of yet.
  var hasNetworkError: Bool { undelivered.load(ordering: .relaxed) != 0 }

  /// Takes the error that a send has met, if there is one.
  func takeNetworkError() -> Errno? {
    guard hasNetworkError else { return nil }
    let error = undelivered.exchange(0, ordering: .relaxed)
    return error == 0 ? nil : Errno(error)
  }

  /// Decides what becomes of an error that a send has met.
  ///
  /// On a connected socket the kernel reports what the network says about an earlier datagram to
  /// the next call, whichever that is, once, and has then not sent that call's own datagram. So the
  /// send is tried again; the error belongs to who receives.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - hasRetried: Whether this send has been tried again already; receives that it has now.
  /// - Returns: Whether to try again.
  func sendsAgain(after error: Errno, _ hasRetried: inout Errno?) -> Bool {
    guard remoteName != nil, error.isFromNetwork, hasRetried == nil else { return false }
    hasRetried = error
    return true
  }

  /// Keeps an error of the network for the next receive, and wakes the current one.
  func deliver(_ error: Errno?) {
    guard let error else { return }
    undelivered.store(error.rawValue, ordering: .relaxed)
    registration.signal(.read)
  }

  /// A failure as users see it.
  func error(
    _ failure: OperationFailure,
    _ operation: SocketError.Operation,
    to destination: SocketName? = nil
  ) -> any Error {
    failure.error(
      operation,
      localAddress: localName.address,
      remoteAddress: (destination ?? remoteName)?.address
    )
  }
}

extension Errno {
  /// Whether the network may have reported it about an earlier datagram of a connected socket, by ICMP.
  ///
  /// Those are the errors that the kernel makes of ICMP and ICMPv6 messages (`icmp(7)`, RFC 1122 section
  /// 3.2.2). The same numbers can also be a send's own failure, which then comes again at once.
  var isFromNetwork: Bool {
    switch self {
    case .connectionRefused, .noProtocolOption, .networkUnreachable, .hostUnreachable, .hostDown,
      .noNetwork, .protocolError, .accessDenied, .messageTooLong:
      true
    default: false
    }
  }
}
