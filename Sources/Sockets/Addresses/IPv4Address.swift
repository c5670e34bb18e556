/// An IPv4 address: 32 bits, written as four decimal numbers with dots between them.
///
/// Text is read as strictly as `inet_pton` reads it: four numbers, 0 to 255, without leading zeros.
/// The many other spellings that `inet_aton` and `getaddrinfo` take (`127.1`, `0x7f000001`,
/// `2130706433`, `0177.0.0.1`) are refused, because two programs that read one text as two
/// addresses are how an allow-list is evaded.
///
/// Addresses are ordered by ``rawValue``, which is the order of their bytes.
public struct IPv4Address: Hashable, Sendable, BitwiseCopyable {
  /// The address as a number: `127.0.0.1` is `0x7F00_0001`, whatever the machine's byte order.
  public let rawValue: UInt32

  /// Creates an address from its number.
  ///
  /// - Parameter rawValue: The number; the first part of the text is its highest byte.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Creates an address from its four bytes, in the order in which they are written.
  ///
  /// - Parameters:
  ///   - a: The first byte.
  ///   - b: The second byte.
  ///   - c: The third byte.
  ///   - d: The last byte.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    rawValue = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// Creates an address from its bytes in network order.
  ///
  /// - Parameter bytes: The bytes; anything but exactly four of them gives `nil`.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 else { return nil }
    rawValue = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The four bytes in network order, which is the order in which they are written.
  public var bytes: [4 of UInt8] {
    [4 of UInt8] { UInt8(truncatingIfNeeded: rawValue >> (24 - 8 * $0)) }
  }

  /// The wildcard address `0.0.0.0`: a listener bound to it listens on every IPv4 interface.
  public static let any = IPv4Address(rawValue: 0)

  /// The usual address of this machine for itself, `127.0.0.1`.
  public static let loopback = IPv4Address(127, 0, 0, 1)

  /// The address of everyone on the local network, `255.255.255.255` (RFC 919).
  public static let broadcast = IPv4Address(rawValue: .max)

  /// Whether this is the wildcard `0.0.0.0`.
  ///
  /// Mind that Linux takes a *connect* to the wildcard for one to this very machine.
  public var isUnspecified: Bool { self == .any }

  /// Whether packets to this address never leave the machine: `127.0.0.0/8` (RFC 1122).
  public var isLoopback: Bool { rawValue >> 24 == 127 }

  /// Whether this is the broadcast address `255.255.255.255`.
  ///
  /// The broadcast address of one subnet, such as `192.168.1.255`, cannot be told without its mask.
  public var isBroadcast: Bool { self == .broadcast }

  /// Whether this is the address of a multicast group: `224.0.0.0/4` (RFC 5771).
  public var isMulticast: Bool { rawValue >> 28 == 0xE }

  /// Whether this is valid on one link only: `169.254.0.0/16` (RFC 3927).
  public var isLinkLocal: Bool { rawValue >> 16 == 0xA9FE }

  /// Whether this is for private networks: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`
  /// (RFC 1918).
  public var isPrivate: Bool {
    rawValue >> 24 == 10 || rawValue >> 20 == 0xAC1 || rawValue >> 16 == 0xC0A8
  }
}

extension IPv4Address: Comparable {
  /// Returns whether one address has the smaller ``rawValue``.
  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}
