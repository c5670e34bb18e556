/// What the kernel tells of a received datagram, whatever its transport: what ``DatagramHeader`` shows.
///
/// Not generic, so that receiving needs no type metadata at run time.
@usableFromInline
struct MessageHeader: Sendable, Hashable {
  /// Where the datagram came from.
  var name: SocketName

  /// The payload's length as it was sent, in bytes.
  var length = 0

  /// How many bytes of the payload were received, `0...length`.
  var payloadLength = 0

  /// What UDP tells besides.
  var metadata = DatagramMetadata()

  /// What a Unix-domain socket tells besides.
  var credentials: PeerCredentials?

  /// A header still to be filled in.
  ///
  /// - Parameter name: What stands for a sender that the kernel does not tell.
  init(from name: SocketName) { self.name = name }
}
