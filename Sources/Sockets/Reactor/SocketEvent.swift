/// Something that has happened to a socket or a reactor of this process: what a ``SocketObserver`` is told.
///
/// A later version may add cases: a `switch` without a `default` then has one to add, too.
public enum SocketEvent: Sendable {
  /// There is a new socket: bound, accepted, connected, or whatever else its origin says.
  case opened(SocketIdentity)

  /// A socket was closed.
  case closed(SocketIdentity, Closing)

  /// A listener accepts nobody for a while, since descriptors or memory have run out; clients wait in the
  /// kernel's queue meanwhile.
  ///
  /// Each further pause in a row is an event of its own.
  case acceptPaused(SocketIdentity, AcceptPause)

  /// A reactor is stalled: one of the tasks or jobs on its thread does not let the others go on.
  case stalled(Stall)

  /// How a socket ended.
  public struct Closing: Hashable, Sendable {
    /// Why.
    public var reason: CloseReason

    /// How many bytes it has taken from the kernel in its life.
    ///
    /// Not those of a read that was in progress in the very moment of the close.
    public var bytesRead: Int

    /// How many bytes it has given to the kernel in its life; for TCP, some of them may not have
    /// reached the peer.
    ///
    /// Not those of a write that was in progress in the very moment of the close.
    public var bytesWritten: Int

    /// How long there was such a socket.
    public var age: Duration
  }

  /// Why a socket was closed: whatever came first, as far as the library has learned of it.
  ///
  /// A connection that the peer has ended or that has failed is closed by the program all the same, sooner
  /// or later; then the reason is ``peerFinished`` or ``failed(_:)``, and how it was closed is not told.
  public enum CloseReason: Hashable, Sendable {
    /// The peer had ended its stream.
    case peerFinished
    /// The connection had failed; a reset by the peer is
    /// ``SocketError/Code-swift.struct/connectionReset``.
    case failed(SocketError.Code)
    /// The program closed it: by `close()`, at the end of a scope, or since its handler had ended.
    case closed
    /// The program aborted it, by `reset()` or after a drain's grace.
    case aborted
    /// The program let go of its last reference.
    case dropped
    /// Its handler was cancelled.
    case cancelled
    /// Its descriptor went to another owner, by `detach()` or `handOver(grace:)`.
    case detached
    /// Its reactor was stopped.
    case reactorStopped
  }

  /// A pause of a listener.
  public struct AcceptPause: Hashable, Sendable {
    /// What has run out.
    public var reason: SocketError.Code

    /// How long until it is tried again; sooner if it is descriptors that have run out, and the library closes one.
    public var duration: Duration
  }

  /// A stall of a reactor.
  public struct Stall: Hashable, Sendable {
    /// The reactor's name.
    public var reactor: String

    /// For how long it is stalled, or was.
    public var duration: Duration

    /// Whether it is over: each stall is told of when it exceeds the threshold, and again when it is over.
    public var isOver: Bool
  }
}

extension SocketEvent: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .opened(let socket): "\(socket): \(socket.origin.rawValue)"
    case .closed(let socket, let closing):
      "\(socket): \(closing.reason) after \(closing.age), "
        + "\(closing.bytesRead) bytes read, \(closing.bytesWritten) written"
    case .acceptPaused(let socket, let pause):
      "\(socket): accepts nobody for \(pause.duration), \(pause.reason)"
    case .stalled(let stall):
      "reactor \(stall.reactor): \(stall.isOver ? "was" : "is") stalled for \(stall.duration)"
    }
  }
}

extension SocketEvent.CloseReason: CustomStringConvertible {
  /// The reason in words.
  public var description: String {
    switch self {
    case .peerFinished: "ended by the peer"
    case .failed(let code): "failed, \(code)"
    case .closed: "closed"
    case .aborted: "aborted"
    case .dropped: "dropped"
    case .cancelled: "cancelled"
    case .detached: "given away"
    case .reactorStopped: "closed, reactor stopped"
    }
  }
}
