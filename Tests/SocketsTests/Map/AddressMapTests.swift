import Glibc
import Testing

@testable import Sockets

/// The article's rows on addresses, interfaces and the machine.
@Suite(.timeLimit(.minutes(1))) struct AddressMapTests {
  @Test func `an address from text or from parts`() throws {
    // map: sockaddr_in
    let address = try SocketAddress("192.0.2.1", port: 80)
    // end
    #expect(address == SocketAddress(IPv4Address(192, 0, 2, 1), port: 80))
    // map: sockaddr_un
    let path = try UnixAddress.path("/run/service.socket")
    // end
    #expect(path.path == "/run/service.socket")
    // map: inet_pton
    let ip = try IPAddress(parsing: "192.0.2.1")
    // end
    #expect(ip == address.ip)
  }

  @Test func `text with a port`() throws {
    // map: WSAStringToAddress
    let address = try SocketAddress(parsing: "[2001:db8::1]:80")
    // end
    #expect(try address.ip == IPAddress(parsing: "2001:db8::1") && address.port == 80)
    // map: getnameinfo with NI_NUMERICHOST
    let text = "\(address)"
    // end
    #expect(text == "[2001:db8::1]:80")
  }

  @Test func `text of an address`() throws {
    let ip = IPAddress.v4(IPv4Address(192, 0, 2, 1))
    // map: inet_ntop
    let text = "\(ip)"
    // end
    #expect(text == "192.0.2.1")
    #expect(throws: SocketError.self) { try IPAddress(parsing: "192.0.2.256") }
  }

  @Test func `addresses with a name`() async throws {
    // map: INADDR_ANY
    let everywhere = SocketAddress.any(port: 7007)
    // end
    #expect(everywhere.ip.isUnspecified)
    // map: INADDR_LOOPBACK
    let here = SocketAddress.loopback(port: 7007)
    // end
    #expect(here.ip.isLoopback)
    // map: INADDR_BROADCAST
    let everyone = SocketAddress(IPv4Address.broadcast, port: 7007)
    // end
    #expect(everyone.description == "255.255.255.255:7007")
  }

  @Test func `networks and kinds of addresses`() throws {
    let ip = try IPAddress(parsing: "::ffff:192.0.2.1")
    // map: inet_network
    let isOurs = try IPPrefix(parsing: "192.0.2.0/24").contains(ip)
    // end
    #expect(isOurs)
    // map: IN_MULTICAST
    let isGroup = ip.isMulticast
    // end
    #expect(!isGroup)
    // map: IN6_IS_ADDR_V4MAPPED
    let plain = ip.unmapped
    // end
    #expect(plain.description == "192.0.2.1")
  }

  @Test func `interfaces`() throws {
    // map: getifaddrs
    let interfaces = try NetworkInterface.all()
    // end
    #expect(interfaces.contains { $0.flags.contains(.loopback) })
    // map: if_nametoindex
    let index = NetworkInterface.index(ofName: "lo")
    // end
    let number = try #require(index)
    // map: if_indextoname
    let name = NetworkInterface.name(ofIndex: number)
    // end
    #expect(name == "lo")
  }
}
