/// Which times the kernel notes about packets, and how it reports them.
///
/// The names and bits are those of `linux/net_tstamp.h`, without their prefix.
public struct Timestamping: OptionSet, Hashable, Sendable {
  /// The bits as the kernel has them.
  public let rawValue: UInt32

  /// Creates a set of bits.
  ///
  /// - Parameter rawValue: The bits as the kernel has them.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// When the network card sent it (`SOF_TIMESTAMPING_TX_HARDWARE`).
  public static let transmitHardware = Timestamping(rawValue: 1 << 0)
  /// When the kernel handed it to the network card (`SOF_TIMESTAMPING_TX_SOFTWARE`).
  public static let transmitSoftware = Timestamping(rawValue: 1 << 1)
  /// When the network card received it (`SOF_TIMESTAMPING_RX_HARDWARE`).
  public static let receiveHardware = Timestamping(rawValue: 1 << 2)
  /// When the kernel received it (`SOF_TIMESTAMPING_RX_SOFTWARE`).
  public static let receiveSoftware = Timestamping(rawValue: 1 << 3)
  /// Report the kernel's times (`SOF_TIMESTAMPING_SOFTWARE`).
  public static let reportSoftware = Timestamping(rawValue: 1 << 4)
  /// Report the network card's times (`SOF_TIMESTAMPING_RAW_HARDWARE`).
  public static let reportHardware = Timestamping(rawValue: 1 << 6)
}
