import FoundationEssentials
import Sockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct IPv6AddressTests {
  @Test(arguments: [
    ("::", "::"),
    ("::1", "::1"),
    ("1::", "1::"),
    ("0:0:0:0:0:0:0:0", "::"),
    ("0:0:0:0:0:0:0:1", "::1"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("2001:DB8::A", "2001:db8::a"),
    ("2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"),
    ("FFFF:ffff:FfFf:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    // One group of zeros is never compressed, but "::" may be read as one.
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ("1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8"),
    // The longest run wins, the first one of two.
    ("1:0:0:4:5:0:0:8", "1::4:5:0:0:8"),
    ("1:0:0:4:0:0:0:8", "1:0:0:4::8"),
    ("0:0:3:0:0:0:7:8", "0:0:3::7:8"),
    ("0:0:3:4:5:6:0:0", "::3:4:5:6:0:0"),
    ("0:2:0:4:0:6:0:8", "0:2:0:4:0:6:0:8"),
    ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
    // IPv4 at the end is always read, and printed for IPv4-mapped addresses only.
    ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ("::FFFF:c000:201", "::ffff:192.0.2.1"),
    ("0:0:0:0:0:ffff:0:0", "::ffff:0.0.0.0"),
    ("::1.2.3.4", "::102:304"),
    ("::ffff:0:1.2.3.4", "::ffff:0:102:304"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ("::2:3:4:5:6:1.2.3.4", "0:2:3:4:5:6:102:304"),
    ("1:2:3:4:5::1.2.3.4", "1:2:3:4:5:0:102:304"),
  ])
  func `text is read and printed as RFC 5952 asks`(text: String, canonical: String) throws {
    let address = try IPv6Address(parsing: text)
    #expect(address.description == canonical)
    #expect(try IPv6Address(parsing: canonical) == address)
    #expect(address.zone == 0)
  }

  @Test(arguments: [
    "", ":", ":::", "::::", "1", "1:", ":1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:",
    ":2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1::2::3", "::1::", "1:::2", "::1:", ":1::", "12345::",
    "::00001", "::g", "::0x1", "::-1", "::+1", " ::1", "::1 ", ":: 1", "::1\n", "[::1]", "::1/128",
    "::1\u{0}", "\u{0}::1", "::١", "::ａ", "1.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "::1.2.3",
    "::1.2.3.256", "::1.2.3.04", "::1.2.3.4.5", "::1.2.3.4.", "::.1.2.3", "::a.2.3.4",
    "::0x1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "::1:2:3:4:5:6:1.2.3.4",
    "::ffff:1.2.3.4%lo", "::1%", "::1%%lo", "fe80::1%lo ", "fe80::1% lo", "fe80::1%0", "fe80::1%01",
    "fe80::1%4294967296", "fe80::1%99999999999999", "fe80::1%999999999999999999", "fe80::1%lo]",
    "fe80::1%lo/64", "fe80::1%lo\u{0}", "fe80::1%lö", "fe80::1%no-such-if",
    "fe80::1%sixteen-bytes-xx", "fe80%lo::1", "fe80::1%-1",
  ])
  func `everything else is refused`(text: String) {
    #expect(IPv6Address(text) == nil)
    let error = #expect(throws: SocketError.self) { try IPv6Address(parsing: text) }
    #expect(error?.code == .invalidAddress)
    #expect(error?.operation == .parse)
    #expect(error?.detail?.utf8.allSatisfy { (0x20..<0x7F).contains($0) } == true)
  }

  @Test func `a zone is read by name and by index`() throws {
    let named = try IPv6Address(parsing: "fe80::1%lo")
    #expect(named.zone == 1)
    #expect(named == IPv6Address(0xFE80, 0, 0, 0, 0, 0, 0, 1, zone: 1))
    #expect(try IPv6Address(parsing: "fe80::1%1") == named)
    #expect(named.description == "fe80::1%lo")
    #expect(try IPv6Address(parsing: "2001:db8::1%lo").description == "2001:db8::1%lo")
  }

  @Test func `a zone without an interface is printed as its index`() throws {
    for text in ["fe80::1%4294967295", "::%4000000000"] {
      #expect(try IPv6Address(parsing: text).description == text)
    }
  }

  @Test func `an unknown interface is named in the error`() throws {
    let error = try #require(throws: SocketError.self) { try IPv6Address(parsing: "fe80::1%nope0") }
    #expect(error.detail?.contains("no network interface is named \"nope0\"") == true)
  }

  @Test func `the zone is a part of the value`() {
    let plain = IPv6Address(0xFE80, 0, 0, 0, 0, 0, 0, 1)
    let zoned = IPv6Address(plain, zone: 3)
    #expect(zoned.zone == 3)
    #expect(zoned != plain)
    #expect(zoned.rawValue == plain.rawValue)
    #expect(IPv6Address(zoned, zone: 0) == plain)
  }

  @Test func `an IPv4-mapped address keeps no zone`() {
    let mapped = IPv6Address(ipv4Mapped: .loopback)
    #expect(IPv6Address(mapped, zone: 3) == mapped)
    #expect(IPv6Address(rawValue: mapped.rawValue, zone: 3).zone == 0)
  }

  @Test func `groups, bytes and number agree with the text`() throws {
    let address = try IPv6Address(parsing: "102:304:506:708:90a:b0c:d0e:f10")
    #expect(address.rawValue == 0x0102_0304_0506_0708_090A_0B0C_0D0E_0F10)
    #expect(address == IPv6Address(rawValue: address.rawValue))
    let bytes = address.bytes
    #expect(bytes.indices.map { bytes[$0] } == Array(1...16))
    #expect(IPv6Address(bytes: 1...16) == address)
    #expect(IPv6Address(bytes: 1...15) == nil)
    #expect(IPv6Address(bytes: 1...17) == nil)
    #expect(IPv6Address(bytes: 1...16, zone: 2)?.zone == 2)
    let groups = address.groups
    #expect(groups.indices.map { groups[$0] }.first == 0x102)
    #expect(groups.indices.map { groups[$0] }.last == 0xF10)
    #expect(
      IPv6Address(0x102, 0x304, 0x506, 0x708, 0x90A, 0xB0C, 0xD0E, 0xF10) == address
    )
  }

  @Test func `the order is by number, then by zone`() throws {
    let texts = [
      "::", "::1", "::1%4000000001", "::1%4000000002", "::2", "1::", "fe80::1", "fe80:0:0:1::",
    ]
    let addresses = try texts.map { try IPv6Address(parsing: $0) }
    #expect(addresses.shuffled().sorted().map(\.description) == texts)
  }

  @Test(arguments: [
    ("::", "unspecified"), ("::1", "loopback"), ("::2", ""), ("1::", ""), ("1::1", ""),
    ("fbff:ffff::", ""), ("fc00::", "private"), ("fdff:ffff::1", "private"), ("fe00::", ""),
    ("fe7f:ffff::", ""), ("fe80::1", "link-local"), ("febf:ffff::", "link-local"), ("fec0::", ""),
    ("feff:ffff::", ""), ("ff00::", "multicast"), ("ff02::1", "multicast"), ("ffff::", "multicast"),
    ("2001:db8::1", ""), ("::127.0.0.1", ""),
    ("::ffff:0.0.0.0", "unspecified"), ("::ffff:127.0.0.1", "loopback"), ("::ffff:8.8.8.8", ""),
    ("::ffff:10.1.2.3", "private"), ("::ffff:169.254.1.1", "link-local"),
    ("::ffff:224.0.0.1", "multicast"),
  ])
  func `ranges end where their RFC says, and mapped addresses answer as IPv4`(
    text: String,
    kind: String
  ) throws {
    let address = try IPv6Address(parsing: text)
    #expect(address.isUnspecified == (kind == "unspecified"))
    #expect(address.isLoopback == (kind == "loopback"))
    #expect(address.isMulticast == (kind == "multicast"))
    #expect(address.isLinkLocal == (kind == "link-local"))
    #expect(address.isPrivate == (kind == "private"))
  }

  @Test func `only the mapped form carries an IPv4 address`() throws {
    let address = IPv4Address(192, 0, 2, 1)
    #expect(IPv6Address(ipv4Mapped: address).ipv4Mapped == address)
    #expect(IPv6Address(ipv4Mapped: address).description == "::ffff:192.0.2.1")
    for text in ["::192.0.2.1", "::ffff:0:192.0.2.1", "1::ffff:192.0.2.1", "::fffe:192.0.2.1"] {
      #expect(try IPv6Address(parsing: text).ipv4Mapped == nil, "\(text)")
    }
  }

  @Test func `it is coded as its text, with its zone`() throws {
    let list = [IPv6Address.any, .loopback, IPv6Address(.init(rawValue: 7), zone: 1)]
    let json = try JSONEncoder().encode(list)
    #expect(String(decoding: json, as: UTF8.self) == #"["::","::1","::7%lo"]"#)
    #expect(try JSONDecoder().decode([IPv6Address].self, from: json) == list)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([IPv6Address].self, from: Data(#"["::1%nope0"]"#.utf8))
    }
  }

  @Test func `it is twenty bytes`() {
    #expect(MemoryLayout<IPv6Address>.size == 20)
    #expect(MemoryLayout<IPv6Address>.stride == 24)
  }
}
