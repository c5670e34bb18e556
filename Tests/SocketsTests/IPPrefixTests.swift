import FoundationEssentials
import Sockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct IPPrefixTests {
  @Test(arguments: [
    ("0.0.0.0/0", "0.0.0.0/0", 0), ("10.0.0.0/8", "10.0.0.0/8", 8),
    ("192.0.2.128/25", "192.0.2.128/25", 25), ("192.0.2.1/32", "192.0.2.1/32", 32),
    ("::/0", "::/0", 0), ("2001:DB8:0::/32", "2001:db8::/32", 32),
    ("2001:db8:8000::/33", "2001:db8:8000::/33", 33), ("fe80::/10", "fe80::/10", 10),
    ("::1/128", "::1/128", 128), ("1:2:3:4::/64", "1:2:3:4::/64", 64),
    ("1:2:3:4:8000::/65", "1:2:3:4:8000::/65", 65),
    ("::ffff:10.0.0.0/104", "::ffff:10.0.0.0/104", 104),
  ])
  func `text is read and printed`(text: String, canonical: String, length: Int) throws {
    let prefix = try IPPrefix(parsing: text)
    #expect(prefix.description == canonical)
    #expect(prefix.length == length)
    #expect(IPPrefix(canonical) == prefix)
  }

  @Test(arguments: [
    "", "/", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/00",
    "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0 /8", "10.0.0.0/8 ", "10.0.0.0/8/8",
    "10.0.0.0/255.0.0.0", "10.0.0.0/0x8", "10.0.0.0/8\u{0}", "10/8", "10.0/8",
    "10.0.0.0/999999999999999999999", "::", "::/129", "::/", "::/064", "[::]/0", "[::/0]",
    "::%lo/0", "fe80::%lo/10", "fe80::/10%lo", "::/0a", "10.0.0.0/٨",
  ])
  func `everything else is refused`(text: String) {
    #expect(IPPrefix(text) == nil)
    let error = #expect(throws: SocketError.self) { try IPPrefix(parsing: text) }
    #expect(error?.code == .invalidAddress)
  }

  @Test(arguments: [
    ("10.0.0.1/8", "10.0.0.0/8"), ("0.0.0.1/0", "0.0.0.0/0"), ("192.0.2.1/31", "192.0.2.0/31"),
    ("2001:db8::1/32", "2001:db8::/32"), ("::1/127", "::/127"), ("8000::/0", "::/0"),
  ])
  func `text with bits set after the length is refused, with a proposal`(
    text: String,
    proposal: String
  ) throws {
    let error = try #require(throws: SocketError.self) { try IPPrefix(parsing: text) }
    #expect(error.detail?.hasSuffix(proposal) == true)
    #expect(IPPrefix(text) == nil)
  }

  @Test func `a prefix made of an address clears the rest and drops the zone`() throws {
    let address = try IPAddress(parsing: "192.0.2.77")
    #expect(IPPrefix(address, length: 24)?.description == "192.0.2.0/24")
    #expect(IPPrefix(address, length: 32)?.address == address)
    #expect(IPPrefix(address, length: 0)?.description == "0.0.0.0/0")
    #expect(IPPrefix(address, length: 33) == nil)
    #expect(IPPrefix(address, length: -1) == nil)
    let zoned = try IPAddress(parsing: "fe80::1:2%lo")
    #expect(IPPrefix(zoned, length: 64)?.description == "fe80::/64")
    #expect(IPPrefix(zoned, length: 128)?.description == "fe80::1:2/128")
    #expect(IPPrefix(zoned, length: 129) == nil)
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.0.0.0", true), ("10.0.0.0/8", "10.255.255.255", true),
    ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "9.255.255.255", false),
    ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
    ("192.0.2.1/32", "192.0.2.1", true), ("192.0.2.1/32", "192.0.2.0", false),
    ("0.0.0.0/0", "255.255.255.255", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
    ("2001:db8::/33", "2001:db8:8000::", false), ("::1/128", "::1", true), ("::1/128", "::", false),
    ("1:2:3:4::/64", "1:2:3:4:ffff::", true), ("1:2:3:4::/64", "1:2:3:5::", false),
    ("::/0", "ffff::1", true), ("fe80::/10", "fe80::1%lo", true),
    // Families do not mix.
    ("0.0.0.0/0", "::", false), ("0.0.0.0/0", "::1.2.3.4", false), ("::/0", "1.2.3.4", false),
    // An IPv4-mapped address is the IPv4 address, on either side.
    ("127.0.0.0/8", "::ffff:127.0.0.1", true), ("10.0.0.0/8", "::ffff:11.0.0.0", false),
    ("::/0", "::ffff:1.2.3.4", false), ("::ffff:0:0/96", "1.2.3.4", true),
    ("::ffff:0:0/96", "::ffff:1.2.3.4", true), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
    ("::ffff:10.0.0.0/104", "::ffff:11.0.0.0", false), ("::ffff:0:0/96", "::1", false),
  ])
  func `contains compares the first bits`(prefix: String, address: String, expected: Bool) throws {
    let prefix = try IPPrefix(parsing: prefix)
    #expect(prefix.contains(try IPAddress(parsing: address)) == expected)
  }

  @Test func `for every length, the last bit inside counts and the first outside does not`() throws
  {
    let ones = IPAddress.v6(IPv6Address(rawValue: .max))
    for length in 0...128 {
      let prefix = try #require(IPPrefix(ones, length: length))
      #expect(prefix.contains(ones))
      for bit in 0..<128 {
        let flipped = IPv6Address(rawValue: .max ^ (UInt128(1) << (127 - bit)))
        guard prefix.contains(.v6(flipped)) != (bit >= length) else { continue }
        Issue.record("bit \(bit) of \(prefix)")
      }
    }
  }

  @Test func `the order is by address, then the shorter one`() throws {
    let texts = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.1.0.0/16", "::/0", "::/1", "1::/16"]
    let prefixes = try texts.map { try IPPrefix(parsing: $0) }
    #expect(prefixes.shuffled().sorted().map(\.description) == texts)
  }

  @Test func `it is coded as its text`() throws {
    let list = try [IPPrefix(parsing: "10.0.0.0/8"), IPPrefix(parsing: "fc00::/7")]
    let json = try JSONEncoder().encode(list)
    #expect(try JSONDecoder().decode([String].self, from: json) == ["10.0.0.0/8", "fc00::/7"])
    #expect(try JSONDecoder().decode([IPPrefix].self, from: json) == list)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([IPPrefix].self, from: Data(#"["10.0.0.1/8"]"#.utf8))
    }
  }

  @Test func `it is at most 24 bytes`() {
    #expect(MemoryLayout<IPPrefix>.size <= 24)
  }
}
