import Benchmark
import Glibc
import Sockets

/// An address in which nothing can be left out.
let allDigits = "2001:db8:85a3:8d3:1319:8a2e:370:7348"

/// What it costs to read an address from text.
func measureReading() {
  measureReading("IPv4", AF_INET, "192.0.2.41", IPv4Address.init)
  measureReading("IPv6", AF_INET6, "2001:db8::8a2e:370:7334", IPv6Address.init)
  measureReading("IPv6, all digits", AF_INET6, allDigits, IPv6Address.init)

  let link = "fe80::1%1"
  measure("read IPv6 with zone: glibc (yardstick)") {
    for _ in 0..<operations { try resolve(identity(link), nil) }
  }
  measure("read IPv6 with zone: IPv6Address, index") {
    for _ in 0..<operations { blackHole(try IPv6Address(parsing: identity(link))) }
  }
  let named = "fe80::1%lo"
  measure("read IPv6 with zone: IPv6Address, name") {
    for _ in 0..<operations { blackHole(try IPv6Address(parsing: identity(named))) }
  }

  measure("read an address and a port: glibc (yardstick)") {
    for _ in 0..<operations { try resolve(identity("2001:db8::8a2e:370:7334"), identity("443")) }
  }
  measure("read an address and a port: SocketAddress") {
    let text = "[2001:db8::8a2e:370:7334]:443"
    for _ in 0..<operations { blackHole(try SocketAddress(parsing: identity(text))) }
  }
}

private func measureReading<Address>(
  _ name: String,
  _ family: Int32,
  _ text: String,
  _ read: @escaping @Sendable (String) -> Address?
) {
  measure("read \(name): glibc (yardstick)") {
    var bytes = in6_addr()
    for _ in 0..<operations {
      guard unsafe inet_pton(family, identity(text), &bytes) == 1 else { throw Failure() }
    }
    blackHole(bytes)
  }
  measure("read \(name): \(Address.self)") {
    for _ in 0..<operations {
      guard let address = read(identity(text)) else { throw Failure() }
      blackHole(address)
    }
  }
}

/// Reads numbers, and asks nobody.
private func resolve(_ host: String, _ service: String?) throws {
  var hints = unsafe addrinfo()
  unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
  unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  var found: UnsafeMutablePointer<addrinfo>?
  guard unsafe getaddrinfo(host, service, &hints, &found) == 0 else { throw Failure() }
  unsafe freeaddrinfo(found)
}
