import Foundation
import Sockets
import SocketsTesting
import Testing

@Suite struct EndpointTests {
  @Test(arguments: [
    ("example.org:80", "example.org:80"), ("EXAMPLE.Org:HTTP", "example.org:HTTP"),
    ("example.org.:443", "example.org.:443"), ("localhost:0", "localhost:0"),
    ("my_service:65535", "my_service:65535"), ("a-b.c--d.e:00080", "a-b.c--d.e:80"),
    ("xn--bcher-kva.example:80", "xn--bcher-kva.example:80"), ("1.2.3.4:80", "1.2.3.4:80"),
    ("1.2.3.4:http", "1.2.3.4:http"), ("[::1]:80", "[::1]:80"),
    ("[2001:DB8::0:1]:x11-1", "[2001:db8::1]:x11-1"),
    ("[fe80::1%lo]:1", "[fe80::1%lo]:1"), ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1"),
    ("127.0.0.1.nip.example:80", "127.0.0.1.nip.example:80"), ("3com.example:1", "3com.example:1"),
    ("0x7f.example:1", "0x7f.example:1"), ("cafe:1", "cafe:1"), ("1a:1", "1a:1"),
    ("0xyz:1", "0xyz:1"),
    ("a:z39.50", "a:z39.50"), ("a:3com-tsmux", "a:3com-tsmux"),
  ])
  func `text is read, printed, and read back`(text: String, canonical: String) throws {
    let endpoint = try Endpoint(parsing: text)
    #expect(endpoint.description == canonical)
    #expect(Endpoint(canonical) == endpoint)
  }

  @Test(arguments: [
    "", ":", ":80", "example.org", "example.org:", "example.org:65536", "example.org:-1",
    "example.org: 80", "example.org:80 ", " example.org:80", "example.org:8\u{0}",
    "example\u{0}.org:80", "example.org:ht tp", "example.org:+http", "example.org:http:",
    "example.org:80:80", "example.org:000080", ".:80", "..:80", ".example.org:80",
    "example..org:80", "example.org..:80", "-example.org:80", "example-.org:80", "exam ple.org:80",
    "exam/ple.org:80", "user@example.org:80", "bücher.example:80", "example.org:８０", "::1",
    "::1:80",
    "[::1]", "[::1", "[::1]80", "[::1]x:80", "[]:80", "[1.2.3.4]:80", "[example.org]:80",
    "[::1%nope0]:80", "example.org:a_service_name_that_is_too_long_for_all",
    // What getaddrinfo reads as an address, and what comes close to it.
    "127.1:80", "127.0.1:80", "2130706433:80", "0x7f000001:80", "0X7F000001:80", "017700000001:80",
    "0177.0.0.1:80", "0x7f.0.0.1:80", "0x7f.1:80", "127.0.0.01:80", "127.0.0.1.:80", "256.1.1.1:80",
    "1.2.3.4.5:80", "0:80", "0x:80", "1.2.3.:80", "example.1:80", "example.0x1:80", "08:80",
  ])
  func `everything else is refused`(text: String) throws {
    #expect(Endpoint(text) == nil)
    let error = try #require(throws: SocketError.self) { try Endpoint(parsing: text) }
    #expect(error.code == .invalidAddress)
    #expect(error.operation == .parse)
    #expect(error.detail != nil)
  }

  @Test(arguments: [
    ("127.1:80", "number"), ("0x7f000001:80", "number"), ("example.org", "port or service"),
    ("::1:80", "brackets"), ("bücher.example:80", "xn--"), ("example..org:80", "empty"),
    (":80", "host is missing"), ("a:65536", "65535"), ("-a:80", "\"-\""),
  ])
  func `the error says what is wrong`(text: String, hint: String) throws {
    let error = try #require(throws: SocketError.self) { try Endpoint(parsing: text) }
    #expect(error.detail?.contains(hint) == true)
  }

  @Test func `host names end at 253 bytes, and their parts at 63`() throws {
    let label = String(repeating: "a", count: 63)
    let longest = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
    #expect(longest.utf8.count == 253)
    #expect(try Endpoint(host: longest, port: 80).host == .name(longest))
    #expect(try Endpoint(host: longest + ".", port: 80).host == .name(longest + "."))
    // CVE-2024-24806: a name that was cut at 256 bytes became another one.
    for text in [longest + "b", "b" + longest, label + "a", "0x7f000001" + longest, longest + ".."]
    {
      let error = try #require(throws: SocketError.self) { try Endpoint(host: text, port: 80) }
      #expect(error.code == .invalidAddress)
    }
    #expect(throws: SocketError.self) {
      try Endpoint(host: String(repeating: "a.", count: 100_000), port: 80)
    }
  }

  @Test func `a text without a port takes the default`() throws {
    #expect(try Endpoint(parsing: "example.org", defaultPort: 80).description == "example.org:80")
    #expect(
      try Endpoint(parsing: "example.org:81", defaultPort: 80).description == "example.org:81"
    )
    #expect(try Endpoint(parsing: "[::1]", defaultPort: 80).description == "[::1]:80")
    #expect(try Endpoint(parsing: "1.2.3.4", defaultPort: 80).socketAddress?.port == 80)
    for text in ["example.org:", "::1", ""] {
      #expect(throws: SocketError.self) { try Endpoint(parsing: text, defaultPort: 80) }
    }
  }

  @Test func `host and service can be given apart`() throws {
    #expect(try Endpoint(host: "::1", port: 80).description == "[::1]:80")
    #expect(try Endpoint(host: "fe80::1%lo", service: "http").description == "[fe80::1%lo]:http")
    #expect(try Endpoint(host: "Example.org", service: "80").service == .port(80))
    for host in ["[::1]", "example.org:80", "", "127.1", "1::2::3", "a\u{0}b"] {
      #expect(throws: SocketError.self) { try Endpoint(host: host, port: 80) }
    }
    for service in ["", "65536", "a b", "-a", "http\u{0}"] {
      #expect(throws: SocketError.self) { try Endpoint(host: "a", service: service) }
    }
  }

  @Test func `only numbers need no look-up`() throws {
    #expect(
      try Endpoint(parsing: "1.2.3.4:80").socketAddress == SocketAddress(parsing: "1.2.3.4:80")
    )
    #expect(try Endpoint(parsing: "1.2.3.4:http").socketAddress == nil)
    #expect(try Endpoint(parsing: "a:80").socketAddress == nil)
    #expect(Endpoint(.loopbackIPv6(port: 7)).socketAddress == .loopbackIPv6(port: 7))
  }

  @Test func `it is coded as its text`() throws {
    let list = [try Endpoint(parsing: "example.org:http"), Endpoint(.loopbackIPv6(port: 80))]
    let json = try JSONEncoder().encode(list)
    #expect(String(decoding: json, as: UTF8.self) == #"["example.org:http","[::1]:80"]"#)
    #expect(try JSONDecoder().decode([Endpoint].self, from: json) == list)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Endpoint].self, from: Data(#"["127.1:80"]"#.utf8))
    }
  }

  @Test func `no text of any bytes makes a name that getaddrinfo could read as a number`() {
    var random = SplitMix64(seed: 50)
    let alphabet = Array("0123456789abcxXF.-:%[]_ \u{0}é".unicodeScalars)
    for _ in 0..<5_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        if let scalar = alphabet.randomElement(using: &random) { text.append(scalar) }
      }
      guard let endpoint = Endpoint(String(text)), case .name(let name) = endpoint.host else {
        continue
      }
      var address = in_addr()
      let isAddress = unsafe inet_aton(name, &address) != 0
      #expect(!isAddress, "\(name)")
      #expect(Endpoint(endpoint.description) == endpoint)
    }
  }
}
