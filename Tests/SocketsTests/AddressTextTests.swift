import Glibc
import Sockets
import SocketsTesting
import Testing

/// Compares parsing and printing with the C library's on random text.
///
/// Each test takes a few hundred milliseconds in a debug build: it is the number of texts, tens of
/// thousands in all, that finds the odd one. The seed is fixed, so a failure repeats.
@Suite(.timeLimit(.minutes(1))) struct AddressTextTests {
  @Test func `random addresses survive printing and reading`() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<20_000 {
      let v4 = IPv4Address(rawValue: random.next())
      let v6 = random.ipv6Address()
      let port: UInt16 = random.next()
      #expect(IPv4Address(v4.description) == v4)
      #expect(IPv6Address(v6.description) == v6)
      for ip in [IPAddress.v4(v4), .v6(v6)] {
        let address = SocketAddress(ip, port: port)
        #expect(IPAddress(ip.description) == ip)
        #expect(SocketAddress(address.description) == address)
        let prefix = IPPrefix(ip, length: Int.random(in: 0...32, using: &random))
        #expect(prefix.flatMap { IPPrefix($0.description) } == prefix)
        // With at most 32 bits, a prefix of IPv6 is no prefix of IPv4-mapped addresses.
        #expect(prefix?.contains(ip) == (ip.unmapped == ip))
      }
    }
  }

  @Test func `random addresses are printed as inet_ntop does`() {
    var random = SplitMix64(seed: 2)
    for _ in 0..<20_000 {
      let v4 = IPv4Address(rawValue: random.next())
      #expect(v4.description == printed(AF_INET, v4.bytes.span))
      let v6 = random.ipv6Address()
      // inet_ntop also prints the deprecated form ::1.2.3.4; RFC 5952 leaves that to known prefixes.
      guard v6.rawValue >> 32 != 0 else { continue }
      #expect(IPv6Address(v6, zone: 0).description == printed(AF_INET6, v6.bytes.span))
    }
  }

  @Test func `mutated texts are accepted exactly when inet_pton accepts them`() {
    var random = SplitMix64(seed: 3)
    var accepted = 0
    for _ in 0..<20_000 {
      let v6 = IPv6Address(random.ipv6Address(), zone: 0)
      let seeds = [
        IPv4Address(rawValue: random.next()).description, v6.description,
        "::\(IPv4Address(rawValue: random.next()))", "1:2:3:4:5:6:7:8", "1::8", "1.0.10.255",
      ]
      let text = random.mutated(seeds.randomElement(using: &random) ?? "", by: "0123:.afFg8:9")
      let v4Bytes = parsed(AF_INET, text)?.prefix(4)
      let v6Bytes = parsed(AF_INET6, text)
      #expect(IPv4Address(text) == v4Bytes.flatMap { IPv4Address(bytes: $0) }, "\(text)")
      #expect(IPv6Address(text) == v6Bytes.flatMap { IPv6Address(bytes: $0) }, "\(text)")
      if v4Bytes != nil || v6Bytes != nil { accepted += 1 }
    }
    // Neither side of the comparison was rare.
    #expect((5000...15_000).contains(accepted))
  }

  @Test func `random strings over the alphabet of addresses are read as inet_pton does`() {
    var random = SplitMix64(seed: 4)
    for _ in 0..<20_000 {
      let text = random.string(of: "01:.f:2", count: 1...17)
      let v4Bytes = parsed(AF_INET, text)?.prefix(4)
      let v6Bytes = parsed(AF_INET6, text)
      #expect(IPv4Address(text) == v4Bytes.flatMap { IPv4Address(bytes: $0) }, "\(text)")
      #expect(IPv6Address(text) == v6Bytes.flatMap { IPv6Address(bytes: $0) }, "\(text)")
    }
  }

  @Test func `whatever is accepted with a port or a length reads back the same`() {
    var random = SplitMix64(seed: 5)
    for _ in 0..<20_000 {
      let seeds = ["[fe80::1%1]:80", "1.2.3.4:65535", "10.0.0.0/8", "2001:db8::/32", "[::1]:0"]
      let text = random.mutated(seeds.randomElement(using: &random) ?? "", by: "01:[]%/.f\u{0} é")
      if let address = SocketAddress(text) {
        #expect(SocketAddress(address.description) == address, "\(text)")
      }
      if let prefix = IPPrefix(text) {
        #expect(IPPrefix(prefix.description) == prefix, "\(text)")
      }
    }
  }
}

/// Returns the bytes that `inet_pton` makes of a text, 16 of them for either family.
private func parsed(_ family: Int32, _ text: String) -> [UInt8]? {
  var bytes = [UInt8](repeating: 0, count: 16)
  // SAFETY: inet_pton writes 4 or 16 bytes.
  let result = unsafe bytes.withUnsafeMutableBytes {
    unsafe inet_pton(family, text, $0.baseAddress)
  }
  return result == 1 ? bytes : nil
}

/// Returns the text that `inet_ntop` makes of the bytes of an address of this family.
private func printed(_ family: Int32, _ bytes: Span<UInt8>) -> String? {
  var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
  // SAFETY: the span has the 4 or 16 bytes that the family asks for.
  return unsafe bytes.withUnsafeBytes { source in
    unsafe text.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return nil }
      let count = socklen_t(target.count)
      return unsafe inet_ntop(family, source.baseAddress, start, count).map {
        unsafe String(cString: $0)
      }
    }
  }
}

extension SplitMix64 {
  /// Returns an address with many zeros, since those are what printing is about.
  fileprivate mutating func ipv6Address() -> IPv6Address {
    var value: UInt128 = 0
    for _ in 0..<8 {
      let group: UInt16 = next()
      value = value << 16 | UInt128(Bool.random(using: &self) ? 0 : group >> (group % 16))
    }
    if Int.random(in: 0..<16, using: &self) == 0 { value = 0xFFFF << 32 | value & 0xFFFF_FFFF }
    // No interface has so high an index.
    let zone: UInt32 = Int.random(in: 0..<8, using: &self) == 0 ? next() | 0x8000_0000 : 0
    return IPv6Address(rawValue: value, zone: zone)
  }

  fileprivate mutating func string(of alphabet: String, count: ClosedRange<Int>) -> String {
    let characters = Array(alphabet)
    var text = ""
    for _ in 0..<Int.random(in: count, using: &self) {
      text.append(characters[Int.random(in: characters.indices, using: &self)])
    }
    return text
  }

  /// Returns the text after at most three insertions, deletions or replacements.
  fileprivate mutating func mutated(_ text: String, by alphabet: String) -> String {
    var scalars = Array(text.unicodeScalars)
    let letters = Array(alphabet.unicodeScalars)
    for _ in 0..<Int.random(in: 0...3, using: &self) where !scalars.isEmpty {
      let index = Int.random(in: scalars.indices, using: &self)
      let letter = letters[Int.random(in: letters.indices, using: &self)]
      switch Int.random(in: 0..<3, using: &self) {
      case 0: scalars.insert(letter, at: index)
      case 1: scalars.remove(at: index)
      default: scalars[index] = letter
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
