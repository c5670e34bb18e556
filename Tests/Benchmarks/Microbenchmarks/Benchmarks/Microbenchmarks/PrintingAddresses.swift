import Benchmark
import Glibc
import Sockets

/// What it costs to print an address.
func measurePrinting() {
  measurePrinting("IPv4", AF_INET, "192.0.2.41", IPv4Address.init)
  measurePrinting("IPv6", AF_INET6, "2001:db8::8a2e:370:7334", IPv6Address.init)
  measurePrinting("IPv6, all digits", AF_INET6, allDigits, IPv6Address.init)

  measure("print IPv6 with zone: glibc, the name alone (yardstick)") {
    for _ in 0..<operations {
      let name = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { name in
        unsafe if_indextoname(identity(1), name.baseAddress).map { unsafe String(cString: $0) }
      }
      blackHole(name)
    }
  }
  measure("print IPv6 with zone: IPv6Address") {
    let address = try IPv6Address(parsing: "fe80::1%1")
    for _ in 0..<operations { blackHole(identity(address).description) }
  }

  measure("print an address and a port: glibc (yardstick)") {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = UInt16(443).bigEndian
    guard unsafe inet_pton(AF_INET6, "2001:db8::8a2e:370:7334", &address.sin6_addr) == 1 else {
      throw Failure()
    }
    for _ in 0..<operations { blackHole(try name(of: address)) }
  }
  measure("print an address and a port: SocketAddress") {
    let address = try SocketAddress(parsing: "[2001:db8::8a2e:370:7334]:443")
    for _ in 0..<operations { blackHole(identity(address).description) }
  }
}

private func measurePrinting<Address: CustomStringConvertible & Sendable>(
  _ name: String,
  _ family: Int32,
  _ text: String,
  _ read: @escaping @Sendable (String) -> Address?
) {
  measure("print \(name): glibc (yardstick)") {
    var bytes = in6_addr()
    guard unsafe inet_pton(family, text, &bytes) == 1 else { throw Failure() }
    for _ in 0..<operations {
      let printed = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { room in
        unsafe inet_ntop(family, &bytes, room.baseAddress, 64).map { unsafe String(cString: $0) }
      }
      blackHole(printed)
    }
  }
  measure("print \(name): \(Address.self)") {
    guard let address = read(text) else { throw Failure() }
    for _ in 0..<operations { blackHole(identity(address).description) }
  }
}

/// An address and a port as text.
private func name(of address: sockaddr_in6) throws -> String {
  try unsafe withUnsafeBytes(of: address) { address in
    let address = unsafe address.assumingMemoryBound(to: sockaddr.self)
    return try unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 72) { room in
      let (host, port) = unsafe (room[..<64], room[64...])
      let flags = NI_NUMERICHOST | NI_NUMERICSERV
      guard let host = unsafe UnsafeMutableBufferPointer(rebasing: host).baseAddress,
        let port = unsafe UnsafeMutableBufferPointer(rebasing: port).baseAddress,
        unsafe getnameinfo(
          address.baseAddress,
          socklen_t(MemoryLayout<sockaddr_in6>.size),
          host,
          64,
          port,
          8,
          flags
        ) == 0
      else { throw Failure() }
      return unsafe "[\(String(cString: host))]:\(String(cString: port))"
    }
  }
}
