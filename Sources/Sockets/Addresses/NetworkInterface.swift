/// A network interface of this machine, such as `lo` or `eth0`, as it was when it was listed.
///
/// ```swift
/// for interface in try NetworkInterface.all() where interface.flags.contains(.up) {
///   print(interface.name, interface.addresses)
/// }
/// ```
public struct NetworkInterface: Hashable, Sendable {
  /// The name, at most 15 bytes.
  public let name: String

  /// The kernel's number for it, 1 or more: the zone of its link-local addresses, see
  /// ``IPv6Address/zone``.
  public let index: UInt32

  /// What it is, and whether it works.
  public let flags: Flags

  /// Its IP addresses, in the kernel's order.
  public internal(set) var addresses: [Address]

  /// One address of an interface.
  public struct Address: Hashable, Sendable, CustomStringConvertible {
    /// The address; one that is valid on the link only has its zone.
    public let ip: IPAddress

    /// How many of its first bits name the network, 0...32 or 0...128.
    public let prefixLength: Int

    /// The network that is reached through it.
    public var prefix: IPPrefix? { IPPrefix(ip, length: prefixLength) }

    /// The text, such as `192.0.2.1/24`.
    public var description: String { "\(ip)/\(prefixLength)" }
  }

  /// What an interface is, and whether it works.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The kernel's bits, `netdevice(7)`.
    public let rawValue: UInt32

    /// Creates a set of flags.
    ///
    /// - Parameter rawValue: The kernel's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// It is switched on (`IFF_UP`).
    public static let up = Flags(rawValue: 1 << 0)
    /// It has a broadcast address (`IFF_BROADCAST`).
    public static let broadcast = Flags(rawValue: 1 << 1)
    /// It leads back to this machine (`IFF_LOOPBACK`).
    public static let loopback = Flags(rawValue: 1 << 3)
    /// It has one other end (`IFF_POINTOPOINT`).
    public static let pointToPoint = Flags(rawValue: 1 << 4)
    /// It is operational: the cable is plugged in (`IFF_RUNNING`).
    public static let running = Flags(rawValue: 1 << 6)
    /// It carries multicast (`IFF_MULTICAST`).
    public static let multicast = Flags(rawValue: 1 << 12)
  }

  /// Lists the interfaces of this machine, or of the network namespace that the process is in.
  ///
  /// Two or three system calls on a socket of its own, and one for each interface; none of them waits for
  /// the network. An interface that is removed meanwhile is left out.
  ///
  /// The corresponding C functions are `getifaddrs(3)` and `if_nametoindex(3)`; in Winsock,
  /// `GetAdaptersAddresses`.
  ///
  /// - Returns: The interfaces in the order of their ``index``.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/tooManyOpenFiles``.
  public static func all() throws -> [NetworkInterface] {
    let entries: [InterfaceList.Entry]
    do throws(Errno) {
      entries = try InterfaceList.entries()
    } catch {
      throw SocketError(error.code, operation: .listInterfaces, errno: error.rawValue)
    }
    var interfaces: [String: NetworkInterface] = [:]
    for entry in entries {
      // An address label, "eth0:1", is no interface of its own.
      let name = String(entry.name.prefix { $0 != ":" })
      if interfaces[name] == nil {
        guard let index = InterfaceName.index(of: name) else { continue }
        interfaces[name] = NetworkInterface(
          name: name,
          index: index,
          flags: Flags(rawValue: entry.flags),
          addresses: []
        )
      }
      guard let address = Address(entry) else { continue }
      interfaces[name]?.addresses.append(address)
    }
    return interfaces.values.sorted { $0.index < $1.index }
  }

  /// The number of the interface with this name, or `nil` if there is none now.
  ///
  /// The corresponding C function is `if_nametoindex(3)`.
  ///
  /// - Parameter name: The name; one with a NUL or a colon, or of more than 15 bytes, is the name of none.
  /// - Returns: The number, 1 or more.
  public static func index(ofName name: String) -> UInt32? {
    let bytes = name.utf8
    // The kernel takes what follows a colon for the name of an address.
    guard bytes.count <= InterfaceName.maximumLength, !bytes.contains(0),
      !bytes.contains(UInt8(ascii: ":"))
    else { return nil }
    return InterfaceName.index(of: name)
  }

  /// The name of the interface with this number, or `nil` if there is none now.
  ///
  /// The corresponding C function is `if_indextoname(3)`.
  ///
  /// - Parameter index: The number.
  /// - Returns: The name.
  public static func name(ofIndex index: UInt32) -> String? { InterfaceName.name(of: index) }
}

extension NetworkInterface.Address {
  init?(_ entry: InterfaceList.Entry) {
    guard let ip = entry.address else { return nil }
    self.ip = ip
    prefixLength =
      switch entry.mask {
      case .v4(let mask): (~mask.rawValue).leadingZeroBitCount
      case .v6(let mask): (~mask.rawValue).leadingZeroBitCount
      case nil: ip.isIPv6 ? 128 : 32
      }
  }
}
