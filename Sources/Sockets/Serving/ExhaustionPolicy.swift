/// What a server does about its next client when the process or the machine has run out of descriptors or
/// memory.
///
/// In each case the clients that are connected are served on. A listener keeps one descriptor in reserve, which the
/// rest of the program can have while no client is accepted.
public enum ExhaustionPolicy: Sendable, Hashable {
  /// Leaves clients in the kernel's queue, and tries again after 10 milliseconds that double up to one second;
  /// for want of descriptors also whenever the library closes one.
  ///
  /// For servers whose shortage passes: nobody is turned away while the queue has room.
  case backOff
  /// Turns clients away at once, by a reset: they are accepted with the descriptor in reserve.
  ///
  /// For servers whose clients have somewhere else to go, and would rather know than wait. Where the
  /// reserve does not help, such as when memory is what has run out, it backs off.
  case shed
  /// Ends `serve` with ``SocketError/Code-swift.struct/tooManyOpenFiles`` or
  /// ``SocketError/Code-swift.struct/noBufferSpace``, its handlers cancelled.
  ///
  /// For programs that are to be started anew.
  case fail
}
