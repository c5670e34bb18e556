import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ProxyHeaderTests {
  private let ipv4 = ProxyHeader.Endpoints.ip(
    source: SocketAddress(IPv4Address(192, 0, 2, 1), port: 56324),
    destination: SocketAddress(IPv4Address(198, 51, 100, 7), port: 443)
  )
  private let ipv6 = ProxyHeader.Endpoints.ip(
    source: SocketAddress(IPv6Address(0x2001, 0xDB8, 0, 0, 0, 0, 0, 1), port: 1),
    destination: SocketAddress(IPv6Address(0x2001, 0xDB8, 0, 0, 0, 0, 0, 2), port: 65535)
  )

  @Test func `a line says what the specification's example says`() throws {
    let text = "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"
    let (header, length) = try #require(try ProxyHeader.parse((text + "GET /").utf8))
    #expect(length == text.utf8.count)
    #expect(header.version == .v1)
    #expect(header.source == SocketAddress("192.168.0.1:56324"))
    #expect(header.destination == SocketAddress("192.168.0.11:443"))
    #expect(try header.encoded() == Array(text.utf8))
  }

  @Test func `the bytes of version 2 are those of the specification`() throws {
    let bytes: [UInt8] = [
      0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12,
      192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 0x04, 0x01, 0xBB,
    ]
    #expect(try ProxyHeader(ipv4).encoded() == bytes)
    let (header, length) = try #require(try ProxyHeader.parse(bytes + [1, 2, 3]))
    #expect(header == ProxyHeader(ipv4))
    #expect(length == bytes.count)
  }

  @Test(arguments: ProxyHeader.Version.allCases)
  func `what is sent is what is received`(version: ProxyHeader.Version) throws {
    for endpoints in [ipv4, ipv6, .unknown] {
      let header = ProxyHeader(endpoints, version: version)
      let bytes = try header.encoded()
      let parsed = try #require(try ProxyHeader.parse(bytes))
      #expect(parsed.header == header)
      #expect(parsed.length == bytes.count)
    }
  }

  @Test func `version 2 carries Unix addresses, datagrams and LOCAL`() throws {
    let names: [UnixAddress] = [
      .unnamed, try .path("/run/app.sock"), try .abstract("name"), try .abstract([1, 0, 2]),
      try .path(String(repeating: "p", count: 107)),
    ]
    for source in names {
      for isDatagram in [false, true] {
        let header = ProxyHeader(
          .unix(source: source, destination: names[1]),
          isDatagram: isDatagram
        )
        #expect(try ProxyHeader.parse(try header.encoded())?.header == header)
        #expect(header.source == nil)
      }
    }
    let datagrams = ProxyHeader(ipv6, isDatagram: true)
    #expect(try ProxyHeader.parse(try datagrams.encoded())?.header == datagrams)
    #expect(try ProxyHeader(.local).encoded().dropFirst(12) == [0x20, 0, 0, 0])
    #expect(try ProxyHeader.parse(try ProxyHeader(.local).encoded())?.header.endpoints == .local)
  }

  @Test func `what a line has no words for is unknown`() throws {
    let unix = ProxyHeader.Endpoints.unix(source: .unnamed, destination: .unnamed)
    for header in [
      ProxyHeader(.local, version: .v1), ProxyHeader(.unknown, version: .v1),
      ProxyHeader(unix, version: .v1), ProxyHeader(ipv4, version: .v1, isDatagram: true),
    ] {
      #expect(try header.encoded() == Array("PROXY UNKNOWN\r\n".utf8))
    }
  }

  @Test func `two families become one, and zones stay at home`() throws {
    let mixed = ProxyHeader.Endpoints.ip(
      source: SocketAddress(IPv4Address(192, 0, 2, 1), port: 1),
      destination: SocketAddress(IPv6Address(0xFE80, 0, 0, 0, 0, 0, 0, 1, zone: 1), port: 2)
    )
    let line = "PROXY TCP6 ::ffff:192.0.2.1 fe80::1 1 2\r\n"
    #expect(try ProxyHeader(mixed, version: .v1).encoded() == Array(line.utf8))
    for version in ProxyHeader.Version.allCases {
      let bytes = try ProxyHeader(mixed, version: version).encoded()
      let header = try #require(try ProxyHeader.parse(bytes)?.header)
      #expect(header.source?.unmapped == SocketAddress("192.0.2.1:1"))
      #expect(header.destination == SocketAddress("[fe80::1]:2"))
    }
  }

  @Test func `fields come through in order, those unknown too`() throws {
    let tls = ProxyHeader.TLS(
      client: [.isConnected, .showedCertificate],
      verification: 0,
      fields: [
        .init(.tlsVersion, "TLSv1.3".utf8), .init(.tlsCommonName, "Jo".utf8),
        .init(.tlsCipher, "C".utf8), .init(.tlsSignatureAlgorithm, "SHA256".utf8),
        .init(.tlsKeyAlgorithm, "RSA2048".utf8),
      ]
    )
    let header = ProxyHeader(
      ipv4,
      fields: [
        .authority("example.org"), .uniqueID([1, 2, 3]), .tls(tls),
        .init(.applicationProtocol, "h2".utf8), .init(.networkNamespace, "blue".utf8),
        .init(.init(rawValue: 0xE0), []), .init(.init(rawValue: 0xE0), [9]),
      ],
      hasChecksum: true
    )
    let parsed = try #require(try ProxyHeader.parse(try header.encoded())?.header)
    #expect(parsed == header)
    #expect(parsed.authority == "example.org")
    #expect(parsed.uniqueID == [1, 2, 3])
    #expect(parsed.networkNamespace == "blue")
    #expect(parsed.value(of: .applicationProtocol) == Array("h2".utf8))
    #expect(parsed.tls == tls)
    #expect(parsed.tls?.isClientVerified == true)
    #expect(parsed.tls?.version == "TLSv1.3")
    #expect(parsed.tls?.commonName == "Jo")
    #expect(parsed.tls?.cipher == "C")
    #expect(parsed.tls?.signatureAlgorithm == "SHA256")
    #expect(parsed.tls?.keyAlgorithm == "RSA2048")
    #expect(ProxyHeader(ipv4).tls == nil)
    #expect(ProxyHeader(ipv4).authority == nil)
  }

  @Test func `a client is verified only if it has shown a certificate`() {
    // The verification's result is 0 without one as well.
    #expect(!ProxyHeader.TLS(client: [.isConnected], verification: 0).isClientVerified)
    #expect(!ProxyHeader.TLS(client: [.showedCertificate], verification: 1).isClientVerified)
    #expect(
      ProxyHeader.TLS(client: [.showedCertificateInSession], verification: 0).isClientVerified
    )
  }

  @Test func `checksums are those of RFC 9260 and iSCSI`() {
    for (bytes, value) in [
      (Array("123456789".utf8), 0xE306_9283 as UInt32), ([], 0),
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
    ] {
      var checksum = CRC32C()
      checksum.update(bytes)
      #expect(checksum.value == value)
    }
  }

  @Test func `padding is dropped, and counts in the checksum`() throws {
    var bytes = try ProxyHeader(ipv4, hasChecksum: true).encoded()
    bytes += [0x04, 0, 2, 7, 7]
    bytes[15] += 5
    bytes.replaceSubrange(31..<35, with: [0, 0, 0, 0])
    var checksum = CRC32C()
    checksum.update(bytes)
    bytes.replaceSubrange(31..<35, with: checksum.value.bigEndianBytes)
    #expect(try ProxyHeader.parse(bytes)?.header == ProxyHeader(ipv4, hasChecksum: true))
  }

  @Test func `what cannot be sent is refused`() async throws {
    let long = [UInt8](repeating: 0, count: 65_536)
    let custom = ProxyHeader.Field.Kind(rawValue: 0xE0)
    for header in [
      ProxyHeader(ipv4, version: .v1, fields: [.uniqueID([1])]),
      ProxyHeader(ipv4, version: .v1, hasChecksum: true),
      ProxyHeader(ipv4, fields: [.uniqueID([UInt8](repeating: 0, count: 129))]),
      ProxyHeader(ipv4, fields: [.uniqueID([1]), .uniqueID([1])]),
      ProxyHeader(ipv4, fields: [.init(custom, long)]),
      ProxyHeader(ipv4, fields: [.init(custom, long.dropLast(1))]),
      ProxyHeader(ipv4, fields: [.init(.init(rawValue: 0x03), [0, 0, 0, 0])]),
      ProxyHeader(ipv4, fields: [.init(.authority, [0xFF])]),
      ProxyHeader(ipv4, fields: [.init(.networkNamespace, "ä".utf8)]),
      ProxyHeader(ipv4, fields: [.init(.tls, [1])]),
    ] {
      await expectError(.invalidArgument) { _ = try header.encoded() }
    }
    let most = ProxyHeader(ipv4, fields: [.init(custom, long.dropLast(16))])
    let bytes = try most.encoded()
    #expect(bytes.count == 65_551)
    #expect(try ProxyHeader.parse(bytes, maximumLength: 65_551)?.header == most)
    await expectError(.invalidProxyHeader) { try ProxyHeader.parse(bytes) }
  }
}
