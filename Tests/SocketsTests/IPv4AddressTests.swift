import FoundationEssentials
import Sockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct IPv4AddressTests {
  @Test(arguments: [
    ("0.0.0.0", 0x0000_0000),
    ("1.2.3.4", 0x0102_0304),
    ("10.20.30.40", 0x0A14_1E28),
    ("127.0.0.1", 0x7F00_0001),
    ("192.168.100.200", 0xC0A8_64C8),
    ("255.255.255.255", 0xFFFF_FFFF),
  ])
  func `canonical text is read and printed`(text: String, value: UInt32) throws {
    let address = try IPv4Address(parsing: text)
    #expect(address.rawValue == value)
    #expect(address.description == text)
    #expect(IPv4Address(text) == address)
    #expect(IPv4Address(rawValue: value) == address)
  }

  @Test(arguments: [
    "", " ", ".", "...", "1", "1.2", "1.2.3", "127.1", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.",
    "1.2.3.4.5", "256.1.1.1", "1.1.1.256", "1.1.1.999", "1.1.1.1000", "99999999999999999999.1.1.1",
    "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "00.0.0.0", "1.2.3.00",
    "1.2.3.04", "001.002.003.004", " 1.2.3.4", "1.2.3.4 ", "1. 2.3.4", "\t1.2.3.4", "1.2.3.4\n",
    "+1.2.3.4", "1.2.3.-4", "1,2,3,4", "a.b.c.d", "1.2.3.4a", "1.2.3.4/32", "1.2.3.4:80",
    "[1.2.3.4]", "1.2.3.4%lo", "\u{0}", "1.2.3.4\u{0}", "1.2.3\u{0}.4",
    "127.0.0.1\u{0}.example.org", "١.٢.٣.٤", "１.2.3.4", "1.2.3.4\u{301}", "1。2。3。4", "localhost",
    "::1",
  ])
  func `everything but four plain numbers is refused`(text: String) {
    #expect(IPv4Address(text) == nil)
    #expect(code(of: text) == .invalidAddress)
  }

  @Test func `leading zeros are refused`() {
    for text in ["01.2.3.4", "1.02.3.4", "1.2.003.4", "1.2.3.00"] {
      #expect(IPv4Address(text) == nil, "\(text)")
    }
  }

  @Test func `text of any length is refused without being read to its end`() {
    #expect(IPv4Address(String(repeating: "1", count: 1_000_000)) == nil)
    #expect(IPv4Address("1.2.3.4" + String(repeating: " ", count: 1_000_000)) == nil)
  }

  @Test func `a part of a string can be read`() throws {
    let text = "from 192.0.2.7 port 9"
    let part = try #require(text.split(separator: " ").dropFirst().first)
    #expect(try IPv4Address(parsing: part) == IPv4Address(192, 0, 2, 7))
  }

  @Test func `the error quotes the text and says what is wrong`() throws {
    let error = try #require(throws: SocketError.self) { try IPv4Address(parsing: "10.0.08.1") }
    #expect(error.code == .invalidAddress)
    #expect(error.operation == .parse)
    let detail = try #require(error.detail)
    #expect(detail.hasPrefix("\"10.0.08.1\" is not an IPv4 address: "))
    #expect(detail.contains("leading zero"))
  }

  @Test func `the error is one bounded line of ASCII whatever the text`() throws {
    let hostile = "1.2\r\n\u{0}\u{1B}[31m\"\u{202E}é" + String(repeating: "\u{7}", count: 10_000)
    let error = try #require(throws: SocketError.self) { try IPv4Address(parsing: hostile) }
    let detail = try #require(error.detail)
    #expect(detail.utf8.count < 200)
    #expect(detail.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
  }

  @Test func `bytes are in the order of the text`() throws {
    let address = IPv4Address(1, 2, 3, 4)
    let bytes = address.bytes
    #expect(bytes.indices.map { bytes[$0] } == [1, 2, 3, 4])
    #expect(address.description == "1.2.3.4")
    #expect(IPv4Address(bytes: [1, 2, 3, 4]) == address)
    #expect(IPv4Address(bytes: [1, 2, 3]) == nil)
    #expect(IPv4Address(bytes: [1, 2, 3, 4, 5]) == nil)
    #expect(IPv4Address(bytes: [] as [UInt8]) == nil)
  }

  @Test func `the order is the order of the numbers`() {
    let texts = ["0.0.0.0", "2.0.0.0", "10.0.0.0", "10.0.0.1", "10.0.1.0", "200.0.0.0"]
    let addresses = texts.compactMap { IPv4Address($0) }
    #expect(addresses.shuffled().sorted().map(\.description) == texts)
  }

  @Test(arguments: [
    ("0.0.0.0", "unspecified"), ("0.0.0.1", ""),
    ("126.255.255.255", ""), ("127.0.0.0", "loopback"), ("127.255.255.255", "loopback"),
    ("128.0.0.0", ""), ("223.255.255.255", ""), ("224.0.0.0", "multicast"),
    ("239.255.255.255", "multicast"), ("240.0.0.0", ""), ("255.255.255.255", "broadcast"),
    ("169.253.255.255", ""), ("169.254.0.0", "link-local"), ("169.254.255.255", "link-local"),
    ("169.255.0.0", ""), ("9.255.255.255", ""), ("10.0.0.0", "private"),
    ("10.255.255.255", "private"), ("11.0.0.0", ""), ("172.15.255.255", ""),
    ("172.16.0.0", "private"), ("172.31.255.255", "private"), ("172.32.0.0", ""),
    ("192.167.255.255", ""), ("192.168.0.0", "private"), ("192.168.255.255", "private"),
    ("192.169.0.0", ""), ("100.64.0.1", ""),
  ])
  func `ranges end where their RFC says`(text: String, kind: String) throws {
    let address = try IPv4Address(parsing: text)
    #expect(address.isUnspecified == (kind == "unspecified"))
    #expect(address.isLoopback == (kind == "loopback"))
    #expect(address.isMulticast == (kind == "multicast"))
    #expect(address.isBroadcast == (kind == "broadcast"))
    #expect(address.isLinkLocal == (kind == "link-local"))
    #expect(address.isPrivate == (kind == "private"))
  }

  @Test func `the well-known addresses are what they are called`() {
    #expect(IPv4Address.any.description == "0.0.0.0")
    #expect(IPv4Address.loopback.description == "127.0.0.1")
    #expect(IPv4Address.broadcast.description == "255.255.255.255")
  }

  @Test func `it is coded as its text`() throws {
    let list = [IPv4Address.loopback, IPv4Address(192, 0, 2, 1)]
    let json = try JSONEncoder().encode(list)
    #expect(String(decoding: json, as: UTF8.self) == #"["127.0.0.1","192.0.2.1"]"#)
    #expect(try JSONDecoder().decode([IPv4Address].self, from: json) == list)
  }

  @Test func `decoding another text throws data corrupted with its path`() throws {
    let json = #"{"hosts":["1.2.3.4","1.2.3"]}"#
    let error = try #require(throws: DecodingError.self) {
      try JSONDecoder().decode([String: [IPv4Address]].self, from: Data(json.utf8))
    }
    guard case .dataCorrupted(let context) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(context.codingPath.map(\.stringValue) == ["hosts", "Index 1"])
    #expect(context.debugDescription.contains("\"1.2.3\" is not an IPv4 address"))
    #expect((context.underlyingError as? SocketError)?.code == .invalidAddress)
  }

  @Test func `it is four bytes`() {
    #expect(MemoryLayout<IPv4Address>.size == 4)
  }

  private func code(of text: String) -> SocketError.Code? {
    do {
      _ = try IPv4Address(parsing: text)
      return nil
    } catch {
      return (error as? SocketError)?.code
    }
  }
}
