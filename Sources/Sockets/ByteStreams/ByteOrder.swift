/// The order in which the bytes of an integer go over the wire.
public enum ByteOrder: Hashable, Sendable, CaseIterable {
  /// The most significant byte first: "network byte order", that of most Internet protocols.
  case bigEndian
  /// The least significant byte first.
  case littleEndian
}
