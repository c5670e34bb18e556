/// What happens to the bytes of one direction: none of it, to begin with.
///
/// Numbers of bytes are counted for each connection by itself, from its beginning.
public struct Faults: Hashable, Sendable {
  /// How long each byte is under way; the rate is not lowered by it, up to 256 KiB in that time.
  public var delay: Duration = .zero

  /// The most bytes that are written at once, at least 1; `nil` for as many as have come.
  public var pieceSize: Int?

  /// How many bytes are passed on in a second, at least 1; `nil` for as many as come.
  public var bytesPerSecond: Int?

  /// After how many bytes the connection is reset, on both sides; `nil` for never.
  ///
  /// The receiver has these bytes to read before it learns of the reset, if it has made room for them within a
  /// second.
  public var resetAfter: Int?

  /// After how many bytes the stream ends, as if the sender had ended it; `nil` for when it does.
  ///
  /// What it sends beyond that is swallowed.
  public var endAfter: Int?

  /// The position of a byte of which one bit is changed; `nil` for none.
  public var corruptedByte: Int?

  /// Whether everything is swallowed, and the receiver hears nothing more: neither bytes nor an end nor a reset.
  ///
  /// So a connection is half open: as when a machine has lost its power, or a cable is cut. What is swallowed
  /// is lost; a connection that goes on later has a gap.
  public var isSilent = false

  /// No faults.
  public init() {}
}
