internal import Synchronization

/// The one implementation behind every ``DatagramSocket``.
///
/// The socket is a handle on it: when the last handle is gone, the descriptor is closed.
final class DatagramPort: Sendable {
  /// The reactor that watches it, for its whole life.
  let reactor: Reactor

  /// Its descriptor.
  let registration: Registration

  /// This end.
  let localAddress: SocketAddress

  /// The peer, if the socket is connected.
  let remoteAddress: SocketAddress?

  /// Whether the kernel may hand over several datagrams in one piece.
  let coalesces: Bool

  /// An error of the network that a send has met in place of its own result, and no receive has told
  /// yet; 0 for none.
  private let undelivered = Atomic<Int32>(0)

  /// The rest of a piece of which a single receive has returned the first datagram.
  ///
  /// Touched by the owner of the reading direction only.
  let rest = Lock<[Datagram<SocketAddress>]>([])

  /// Whether `rest` holds anything: so that a receive need not take the lock.
  let hasRest = Atomic<Bool>(false)

  init(
    reactor: Reactor,
    registration: Registration,
    localAddress: SocketAddress,
    remoteAddress: SocketAddress?,
    coalesces: Bool
  ) {
    self.reactor = reactor
    self.registration = registration
    self.localAddress = localAddress
    self.remoteAddress = remoteAddress
    self.coalesces = coalesces
  }

  deinit { registration.close() }

  /// Whether a datagram to this address, or to the peer, is one of IPv6 on the wire.
  func isIPv6(_ address: SocketAddress?) -> Bool {
    (address ?? remoteAddress ?? localAddress).unmapped.isIPv6
  }

  /// Takes the error that a send has met, if there is one.
  func takeNetworkError() -> Errno? {
    if undelivered.load(ordering: .relaxed) == 0 { return nil }
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
    guard remoteAddress != nil, error.isFromNetwork, hasRetried == nil else { return false }
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
    to address: SocketAddress? = nil
  ) -> any Error {
    failure.error(
      operation,
      localAddress: localAddress,
      remoteAddress: address ?? remoteAddress
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
      .noNetwork, .protocolError, .accessDenied:
      true
    default: false
    }
  }
}
