import Testing

@testable import Sockets

/// The kernel's form of addresses, and what comes back from it.
@Suite struct KernelAddressTests {
  @Test(arguments: [
    "0.0.0.0:0", "192.0.2.7:65535", "[::]:0", "[2001:db8::1]:443", "[::ffff:192.0.2.7]:80",
    "[fe80::1%1]:1", "[fe80::1%4294967295]:1", "[ff02::1%7]:5353", "[2001:db8::1%3]:443",
  ])
  func `an address comes back whole, its zone included`(text: String) throws {
    let address = try SocketAddress(parsing: text)
    let kernel = KernelAddress(address)
    #expect(kernel.socketAddress == address)
    if case .v6(let expected) = address.ip, case .v6(let found)? = kernel.socketAddress?.ip {
      #expect(found.zone == expected.zone)
    }
  }

  @Test func `the zone is where the kernel looks for it`() throws {
    let ip = IPv6Address(0xFE80, 0, 0, 0, 0, 0, 0, 1, zone: 0x0102_0304)
    let address = SocketAddress(ip, port: 80)
    // `sin6_scope_id`, the last four bytes of `sockaddr_in6`, in the machine's order.
    let bytes = unsafe KernelAddress(address).withBytes { unsafe Array($0) }
    #expect(bytes.count == 28)
    #expect(bytes.suffix(4) == [4, 3, 2, 1])
  }
}
