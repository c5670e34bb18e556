internal import CSockets
internal import Glibc

/// The kernel's list of network interfaces and their addresses.
enum InterfaceList {
  /// One interface with one of its addresses, or none.
  struct Entry {
    var name: String
    var flags: UInt32
    var address: IPAddress?
    var mask: IPAddress?
  }

  /// All entries, in the kernel's order; those of one interface need not be neighbours.
  ///
  /// C: `getifaddrs(3)`.
  static func entries() throws(Errno) -> [Entry] {
    var list: UnsafeMutablePointer<ifaddrs>?
    _ = try retryingOnInterrupt { unsafe Int(csockets_getifaddrs(&list)) }
    defer { unsafe freeifaddrs(list) }
    var entries: [Entry] = []
    var next = unsafe list
    while let entry = unsafe next?.pointee {
      unsafe entries.append(
        Entry(
          name: String(cString: entry.ifa_name),
          flags: entry.ifa_flags,
          address: address(entry.ifa_addr),
          mask: address(entry.ifa_netmask)
        )
      )
      unsafe next = entry.ifa_next
    }
    return entries
  }

  private static func address(_ name: UnsafePointer<sockaddr>?) -> IPAddress? {
    guard let name = unsafe name else { return nil }
    return unsafe KernelAddress(copying: name)?.socketAddress?.ip
  }
}

extension KernelAddress {
  /// Copies an IP address whose length follows from its family; `nil` for other families.
  init?(copying name: UnsafePointer<sockaddr>) {
    let size: Int
    switch Int32(unsafe name.pointee.sa_family) {
    case AF_INET: size = MemoryLayout<sockaddr_in>.size
    case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
    default: return nil
    }
    self.init()
    unsafe fill { storage, length in
      unsafe storage.copyMemory(from: name, byteCount: size)
      length = UInt32(size)
    }
  }

  /// Copies an address that the C library has stored whole.
  init(_ name: sockaddr_storage) {
    self.init()
    unsafe fill { storage, _ in unsafe storage.storeBytes(of: name, as: sockaddr_storage.self) }
  }
}
