import SocketsTesting
import Testing

@testable import Sockets

/// What is no header, and that nothing which a peer can send does harm.
@Suite(.timeLimit(.minutes(1))) struct ProxyHeaderRefusalTests {
  @Test(arguments: [
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n\r\n", "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
    "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n",
    "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP6 fe80::1%1 fe80::1 1 2\r\n", "PROXY TCP6 ::1::2 ::1 1 2\r\n",
    "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY unknown\r\n", "PROXY UNKNOWNS\r\n",
    "PROXY \r\n", "PROXY\r\n", "PROXY\tTCP4", "proxy ", "PROXZ", "GET / HTTP/1.1\r\n", " PROXY",
    "\n",
    "\r\r", "\u{16}\u{3}\u{1}", "PROXY TCP4 192.0.2.1\u{0} 192.0.2.2 1 2\r\n",
  ])
  func `a line that is almost one is refused`(text: String) async {
    await expectError(.invalidProxyHeader) { try ProxyHeader.parse(text.utf8) }
  }

  @Test func `whatever follows UNKNOWN is ignored`() throws {
    let longest = "PROXY UNKNOWN \(String(repeating: "f", count: 91))\r\n"
    #expect(longest.utf8.count == 107)
    for text in ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN x y\u{0}z\r\n", longest] {
      let parsed = try #require(try ProxyHeader.parse(text.utf8))
      #expect(parsed.header == ProxyHeader(.unknown, version: .v1))
      #expect(parsed.length == text.utf8.count)
    }
  }

  @Test func `a line of 108 bytes is refused as soon as there is no room for its end`() async throws
  {
    let line = Array("PROXY UNKNOWN \(String(repeating: "f", count: 92))".utf8)
    #expect(line.count == 106)
    #expect(try ProxyHeader.parse(line.dropLast()) == nil)
    await expectError(.invalidProxyHeader) { try ProxyHeader.parse(line) }
    await expectError(.invalidProxyHeader) { try ProxyHeader.parse(line + [13, 10]) }
  }

  private let valid = try? ProxyHeader(
    .ip(
      source: SocketAddress(IPv4Address(192, 0, 2, 1), port: 1),
      destination: SocketAddress(IPv4Address(192, 0, 2, 2), port: 2)
    ),
    fields: [.authority("a"), .tls(.init(client: [.isConnected], verification: 1))],
    hasChecksum: true
  ).encoded()

  /// A header of version 2.
  private func header(_ command: UInt8, _ family: UInt8, _ block: [UInt8]) -> [UInt8] {
    ProxyHeader.signature + [command, family] + UInt16(block.count).bigEndianBytes + block
  }

  @Test func `version 2 knows no other version, command, family and transport`() async throws {
    let block = [UInt8](repeating: 0, count: 216)
    for command in UInt8.min...UInt8.max where command != 0x20 && command != 0x21 {
      await expectError(.invalidProxyHeader) {
        // At the thirteenth byte already.
        try ProxyHeader.parse(header(command, 0x11, block).prefix(13))
      }
    }
    for family in UInt8.min...UInt8.max {
      if family >> 4 <= 3, family & 0xF <= 2 {
        #expect(try ProxyHeader.parse(header(0x21, family, block)) != nil)
      } else {
        await expectError(.invalidProxyHeader) {
          try ProxyHeader.parse(header(0x21, family, block).prefix(14))
        }
      }
      // LOCAL: "discard the protocol block including the family which is ignored".
      let local = try ProxyHeader.parse(header(0x20, family, [1, 2, 3]))
      #expect(local?.header == ProxyHeader(.local))
      #expect(local?.length == 19)
    }
  }

  @Test func `a known transport without a family, and the reverse, is unknown`() throws {
    let field: [UInt8] = [0xE0, 0, 1, 7]
    for (family, size) in [(0x01 as UInt8, 0), (0x00, 0), (0x10, 12), (0x20, 36), (0x30, 216)] {
      let block = [UInt8](repeating: 9, count: size) + field
      let parsed = try #require(try ProxyHeader.parse(header(0x21, family, block))).header
      #expect(parsed.endpoints == .unknown)
      #expect(parsed.fields == [.init(.init(rawValue: 0xE0), [7])])
    }
  }

  @Test func `addresses and fields that do not fit into the length are refused`() async {
    for (family, size) in [(0x11 as UInt8, 12), (0x22, 36), (0x31, 216)] {
      for count in [0, 1, size / 2, size - 1, size + 1, size + 2] {
        await expectError(.invalidProxyHeader) {
          try ProxyHeader.parse(header(0x21, family, [UInt8](repeating: 1, count: count)))
        }
      }
    }
    for field in [
      [0xE0, 0, 1], [0xE0, 0xFF, 0xFF, 1], [0x03, 0, 3, 1, 2, 3], [0x03, 0, 4, 1, 2, 3, 4],
      [0x20, 0, 4, 0, 0, 0, 0], [0x20, 0, 7, 0, 0, 0, 0, 0, 0x21, 0], [0x02, 0, 1, 0xFF],
      [0x02, 0, 0, 0x02, 0, 0], [0x05, 0, 129] + [UInt8](repeating: 0, count: 129),
    ] as [[UInt8]] {
      await expectError(.invalidProxyHeader) { try ProxyHeader.parse(header(0x21, 0, field)) }
    }
  }

  @Test func `a header that has not all come yet is neither refused nor read`() throws {
    let line = Array("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n".utf8)
    for header in [line, try #require(valid), try ProxyHeader(.local).encoded()] {
      for count in 0..<header.count { #expect(try ProxyHeader.parse(header[..<count]) == nil) }
      #expect(try ProxyHeader.parse(header)?.length == header.count)
      #expect(try ProxyHeader.parse(header + header)?.length == header.count)
    }
  }

  @Test func `a limit on the length holds as soon as the length is there`() async throws {
    let header = try #require(valid)
    #expect(try ProxyHeader.parse(header, maximumLength: header.count) != nil)
    await expectError(.invalidProxyHeader) {
      try ProxyHeader.parse(header.prefix(16), maximumLength: header.count - 1)
    }
    await expectError(.invalidProxyHeader) {
      try ProxyHeader.parse("PROXY UNKNOWN x\r\n".utf8, maximumLength: 16)
    }
  }

  @Test func `with a checksum, one wrong bit is one refusal`() async throws {
    let header = try #require(valid)
    for bit in 8 * 16..<8 * header.count {
      var damaged = header
      damaged[bit / 8] ^= 1 << (bit % 8)
      // Only a field that is no longer the checksum's, or no longer known, can go unnoticed.
      let parsed = try? ProxyHeader.parse(damaged)
      #expect(parsed?.header.hasChecksum != true)
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `whatever comes is read, refused or awaited, the same at every split`(
    seed: UInt64
  )
    async throws
  {
    var random = SplitMix64(seed: seed)
    let seeds = [
      Array("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nhello".utf8), Array("PROXY UNKNOWN\r\n".utf8),
      Array("PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 1 2\r\n".utf8), try #require(valid),
      header(0x21, 0x31, [UInt8](repeating: 0, count: 216)), header(0x20, 0, []),
    ]
    for _ in 0..<400 {
      await Task.yield()  // tests that wait for time to pass run beside this one
      var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
      for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = .random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(bytes[place], at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      let whole = Result { try ProxyHeader.parse(bytes)?.length }
      var earlier: Int?
      var isRefused = false
      for count in 0...bytes.count {
        switch Result(catching: { try ProxyHeader.parse(bytes[..<count])?.length }) {
        case .success(let length):
          #expect(!isRefused, "\(bytes) is refused, and then is not")
          if let earlier { #expect(length == earlier) }
          if let length { #expect(length <= count) }
          earlier = length
        case .failure:
          #expect(earlier == nil)
          isRefused = true
        }
      }
      switch whole {
      case .success(let length): #expect(length == earlier && !isRefused)
      case .failure: #expect(isRefused)
      }
      // What was read can be said again.
      guard let parsed = try? ProxyHeader.parse(bytes) else { continue }
      #expect(try ProxyHeader.parse(try parsed.header.encoded())?.header == parsed.header)
    }
  }
}
