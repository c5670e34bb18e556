/// An IPv6 address: 128 bits, and for addresses that mean something on one link only, that link.
///
/// Text is read as strictly as `inet_pton` reads it, and printed as RFC 5952 asks: lowercase, the
/// longest run of zeros as `::`.
///
/// **Zones.** `fe80::1` exists once on every link, so the kernel must be told which link is meant:
/// `fe80::1%eth0`, or `fe80::1%2` with the index of the interface (RFC 4007). The ``zone`` is part of
/// the value: addresses in different zones are different. It means something on this machine only.
///
/// **IPv4-mapped addresses.** `::ffff:192.0.2.1` is how a socket that speaks both families shows an
/// IPv4 peer: connecting to it sends IPv4 packets. Every question here (``isLoopback``,
/// ``isPrivate`` and the others) is therefore answered for the IPv4 address inside. Equality is not:
/// `::ffff:127.0.0.1` differs from `127.0.0.1`, so a list of allowed or forbidden addresses should
/// look at ``IPAddress/unmapped``, or use ``IPPrefix/contains(_:)``, which does. Older ways to embed
/// IPv4 (`::192.0.2.1`, 6to4, NAT64) are not seen through.
///
/// Addresses are ordered by ``rawValue``, which is the order of their bytes, then by ``zone``.
public struct IPv6Address: Hashable, Sendable, BitwiseCopyable {
  // Two halves rather than one UInt128, whose alignment of 16 would cost 8 bytes of padding.
  let high: UInt64
  let low: UInt64

  /// The index of the network interface whose link this address belongs to; 0 when none is given.
  ///
  /// The kernel ignores it for addresses that are not link-local. It is always 0 for an IPv4-mapped
  /// address. In C it is called `sin6_scope_id`.
  public let zone: UInt32

  /// Creates an address from its number.
  ///
  /// - Parameters:
  ///   - rawValue: The number; the first group of the text is its highest 16 bits.
  ///   - zone: The index of the interface, 0 for none; an IPv4-mapped address keeps none.
  public init(rawValue: UInt128, zone: UInt32 = 0) {
    self.init(
      high: UInt64(truncatingIfNeeded: rawValue >> 64),
      low: UInt64(truncatingIfNeeded: rawValue),
      zone: zone
    )
  }

  init(high: UInt64, low: UInt64, zone: UInt32 = 0) {
    self.high = high
    self.low = low
    self.zone = high == 0 && low >> 32 == 0xFFFF ? 0 : zone
  }

  /// Creates an address from its eight groups, in the order in which they are written.
  ///
  /// - Parameters:
  ///   - a: The first group.
  ///   - b: The second group.
  ///   - c: The third group.
  ///   - d: The fourth group.
  ///   - e: The fifth group.
  ///   - f: The sixth group.
  ///   - g: The seventh group.
  ///   - h: The last group.
  ///   - zone: The index of the interface, 0 for none; an IPv4-mapped address keeps none.
  public init(
    _ a: UInt16,
    _ b: UInt16,
    _ c: UInt16,
    _ d: UInt16,
    _ e: UInt16,
    _ f: UInt16,
    _ g: UInt16,
    _ h: UInt16,
    zone: UInt32 = 0
  ) {
    self.init(groups: [a, b, c, d, e, f, g, h], zone: zone)
  }

  init(groups: [8 of UInt16], zone: UInt32 = 0) {
    var value: UInt128 = 0
    for index in groups.indices { value = value << 16 | UInt128(groups[index]) }
    self.init(rawValue: value, zone: zone)
  }

  /// Creates an address from its bytes in network order.
  ///
  /// - Parameters:
  ///   - bytes: The bytes; anything but exactly sixteen of them gives `nil`.
  ///   - zone: The index of the interface, 0 for none; an IPv4-mapped address keeps none.
  public init?(bytes: some Collection<UInt8>, zone: UInt32 = 0) {
    guard bytes.count == 16 else { return nil }
    self.init(rawValue: bytes.reduce(0) { $0 << 8 | UInt128($1) }, zone: zone)
  }

  /// Creates the same address in another zone.
  ///
  /// - Parameters:
  ///   - address: The address.
  ///   - zone: The index of the interface, 0 for none; an IPv4-mapped address keeps none.
  public init(_ address: IPv6Address, zone: UInt32) {
    self.init(rawValue: address.rawValue, zone: zone)
  }

  /// Creates the IPv4-mapped address `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2).
  ///
  /// - Parameter address: The IPv4 address.
  public init(ipv4Mapped address: IPv4Address) {
    self.init(rawValue: 0xFFFF << 32 | UInt128(address.rawValue))
  }

  /// The address as a number, without its zone: `::1` is 1, whatever the machine's byte order.
  public var rawValue: UInt128 { UInt128(high) << 64 | UInt128(low) }

  /// The eight groups in the order in which they are written.
  public var groups: [8 of UInt16] {
    [8 of UInt16] { UInt16(truncatingIfNeeded: rawValue >> (112 - 16 * $0)) }
  }

  /// The sixteen bytes in network order, which is the order in which they are written.
  public var bytes: [16 of UInt8] {
    [16 of UInt8] { UInt8(truncatingIfNeeded: rawValue >> (120 - 8 * $0)) }
  }

  /// The IPv4 address inside `::ffff:a.b.c.d`, or `nil` when this is another IPv6 address.
  public var ipv4Mapped: IPv4Address? {
    guard high == 0, low >> 32 == 0xFFFF else { return nil }
    return IPv4Address(rawValue: UInt32(truncatingIfNeeded: low))
  }
}

extension IPv6Address {
  /// The wildcard address `::`: a listener bound to it listens on every interface.
  public static let any = IPv6Address(rawValue: 0)

  /// The address of this machine for itself, `::1`.
  public static let loopback = IPv6Address(rawValue: 1)

  /// Whether this is the wildcard `::` or, IPv4-mapped, `0.0.0.0`; the zone does not matter.
  ///
  /// Mind that Linux takes a *connect* to the wildcard for one to this very machine.
  public var isUnspecified: Bool { ipv4Mapped?.isUnspecified ?? (high == 0 && low == 0) }

  /// Whether packets to this address never leave the machine: `::1` (RFC 4291, 2.5.3) or,
  /// IPv4-mapped, `127.0.0.0/8`.
  public var isLoopback: Bool { ipv4Mapped?.isLoopback ?? (high == 0 && low == 1) }

  /// Whether this is the address of a multicast group: `ff00::/8` (RFC 4291, 2.7) or, IPv4-mapped,
  /// `224.0.0.0/4`.
  public var isMulticast: Bool { ipv4Mapped?.isMulticast ?? (high >> 56 == 0xFF) }

  /// Whether this is the address of a host that is valid on one link only: `fe80::/10` (RFC 4291,
  /// 2.5.6) or, IPv4-mapped, `169.254.0.0/16`.
  ///
  /// A connection to an address in `fe80::/10` needs a ``zone``.
  public var isLinkLocal: Bool { ipv4Mapped?.isLinkLocal ?? (high >> 54 == 0x3FA) }

  /// Whether this is for private networks: `fc00::/7` (unique local addresses, RFC 4193) or,
  /// IPv4-mapped, the ranges of RFC 1918.
  public var isPrivate: Bool { ipv4Mapped?.isPrivate ?? (high >> 57 == 0x7E) }
}

extension IPv6Address: Comparable {
  /// Returns whether one address comes first: by ``rawValue``, then by ``zone``.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.high, lhs.low, lhs.zone) < (rhs.high, rhs.low, rhs.zone)
  }
}
