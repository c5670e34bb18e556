import FoundationEssentials
import Sockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct SocketAddressTests {
  @Test(arguments: [
    ("1.2.3.4:80", "1.2.3.4:80"), ("0.0.0.0:0", "0.0.0.0:0"),
    ("255.255.255.255:65535", "255.255.255.255:65535"), ("1.2.3.4:00080", "1.2.3.4:80"),
    ("1.2.3.4:00000", "1.2.3.4:0"), ("[::1]:80", "[::1]:80"), ("[::]:65535", "[::]:65535"),
    ("[2001:DB8::0:1]:443", "[2001:db8::1]:443"),
    ("[::ffff:127.0.0.1]:8080", "[::ffff:127.0.0.1]:8080"), ("[fe80::1%lo]:1", "[fe80::1%lo]:1"),
    ("[fe80::1%1]:1", "[fe80::1%lo]:1"), ("[fe80::1%4294967295]:1", "[fe80::1%4294967295]:1"),
  ])
  func `text is read and printed`(text: String, canonical: String) throws {
    let address = try SocketAddress(parsing: text)
    #expect(address.description == canonical)
    #expect(SocketAddress(canonical) == address)
  }

  @Test(arguments: [
    "", ":", ":80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:99999", "1.2.3.4:100000",
    "1.2.3.4:000080", "1.2.3.4:-1", "1.2.3.4:+80", "1.2.3.4: 80", "1.2.3.4 :80", "1.2.3.4:80 ",
    " 1.2.3.4:80", "1.2.3.4:0x50", "1.2.3.4:80:80", "1.2.3.4:http", "1.2.3.4:8\u{0}", "1.2.3.4:８０",
    "[1.2.3.4]:80", "127.1:80", "2130706433:80", "::1:80", "::1", "[::1]", "[::1]:", "[::1]80",
    "[::1] :80", "[::1:80", "::1]:80", "[]:80", "[[::1]]:80", "[::1]:65536", "[::1%]:80",
    "[::1%nope0]:80", "[::ffff:1.2.3.4%lo]:80", "[fe80::1]%lo:80", "[fe80::1%lo:80]", "[::1]:80]",
    "localhost:80", "example.org:80", "[localhost]:80", "*:80",
  ])
  func `everything else is refused`(text: String) {
    #expect(SocketAddress(text) == nil)
    let error = #expect(throws: SocketError.self) { try SocketAddress(parsing: text) }
    #expect(error?.code == .invalidAddress)
    #expect(error?.operation == .parse)
  }

  @Test(arguments: [
    ("1.2.3.4", "port"), ("::1:80", "brackets"), ("1.2.3.4:70000", "65535"), ("[::1]", "port"),
  ])
  func `the error says what is missing`(text: String, hint: String) throws {
    let error = try #require(throws: SocketError.self) { try SocketAddress(parsing: text) }
    #expect(error.detail?.contains(hint) == true)
  }

  @Test func `an address is made of the text of an IP address and a port`() throws {
    #expect(try SocketAddress("192.0.2.1", port: 7).description == "192.0.2.1:7")
    #expect(try SocketAddress("::1", port: 7) == .loopbackIPv6(port: 7))
    for host in ["[::1]", "example.org", "127.1", "1.2.3.4:80", ""] {
      #expect(throws: SocketError.self) { try SocketAddress(host, port: 7) }
    }
  }

  @Test func `the well-known addresses are what they are called`() {
    #expect(SocketAddress.loopback(port: 1).description == "127.0.0.1:1")
    #expect(SocketAddress.loopbackIPv6(port: 2).description == "[::1]:2")
    #expect(SocketAddress.any(port: 3).description == "[::]:3")
    #expect(SocketAddress.anyIPv4(port: 4).description == "0.0.0.0:4")
  }

  @Test func `a mapped address differs from the IPv4 address until it is unmapped`() throws {
    let mapped = try SocketAddress(parsing: "[::ffff:127.0.0.1]:80")
    #expect(mapped != .loopback(port: 80))
    #expect(mapped.unmapped == .loopback(port: 80))
    #expect(mapped.ip.isLoopback)
    #expect(SocketAddress.loopbackIPv6(port: 80).unmapped == .loopbackIPv6(port: 80))
    #expect(SocketAddress.loopback(port: 80).unmapped == .loopback(port: 80))
  }

  @Test func `an IP address of either version is told by its text and its bytes`() throws {
    #expect(try IPAddress(parsing: "192.0.2.1") == .v4(IPv4Address(192, 0, 2, 1)))
    #expect(try IPAddress(parsing: "::1") == .v6(.loopback))
    #expect(IPAddress("::ffff:127.0.0.1")?.description == "::ffff:127.0.0.1")
    #expect(IPAddress(bytes: [127, 0, 0, 1]) == .v4(.loopback))
    #expect(IPAddress(bytes: [UInt8](repeating: 0, count: 16)) == .v6(.any))
    #expect(IPAddress(bytes: [1, 2, 3, 4, 5]) == nil)
    for text in ["", "localhost", "127.1", "0x7f000001", "[::1]", "1.2.3.4:80", "::1%nope0"] {
      #expect(IPAddress(text) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    ("0.0.0.0", "unspecified"), ("::", "unspecified"), ("127.0.0.1", "loopback"),
    ("::1", "loopback"), ("224.0.0.1", "multicast"), ("ff02::1", "multicast"),
    ("169.254.0.1", "link-local"), ("fe80::1", "link-local"), ("10.0.0.1", "private"),
    ("fd00::1", "private"), ("8.8.8.8", ""), ("2001:db8::1", ""),
  ])
  func `an IP address answers as its version does`(text: String, kind: String) throws {
    let address = try IPAddress(parsing: text)
    #expect(address.isUnspecified == (kind == "unspecified"))
    #expect(address.isLoopback == (kind == "loopback"))
    #expect(address.isMulticast == (kind == "multicast"))
    #expect(address.isLinkLocal == (kind == "link-local"))
    #expect(address.isPrivate == (kind == "private"))
  }

  @Test func `the order is IPv4 before IPv6, then by address, then by port`() throws {
    let texts = [
      "1.2.3.4:5", "1.2.3.4:10", "10.0.0.0:1", "255.255.255.255:1", "[::]:1", "[::1]:80",
      "[::1]:443", "[::1%4000000000]:1", "[::ffff:1.2.3.4]:1", "[fe80::1]:0",
    ]
    let addresses = try texts.map { try SocketAddress(parsing: $0) }
    #expect(addresses.shuffled().sorted().map(\.description) == texts)
  }

  @Test func `it is coded as its text`() throws {
    let list = [SocketAddress.loopback(port: 80), .any(port: 0)]
    let json = try JSONEncoder().encode(list)
    #expect(String(decoding: json, as: UTF8.self) == #"["127.0.0.1:80","[::]:0"]"#)
    #expect(try JSONDecoder().decode([SocketAddress].self, from: json) == list)
    for text in ["1.2.3.4", "1.2.3.4:65536"] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode([SocketAddress].self, from: Data("[\"\(text)\"]".utf8))
      }
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([IPAddress].self, from: Data(#"["localhost"]"#.utf8))
    }
  }

  @Test func `it is a transport address of 24 bytes that holds no references`() {
    func size<Value: BitwiseCopyable & TransportAddress>(_: Value.Type) -> Int {
      MemoryLayout<Value>.size
    }
    #expect(size(SocketAddress.self) <= 24)
    #expect(MemoryLayout<SocketAddress>.stride == 24)
  }
}
