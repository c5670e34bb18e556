import FoundationEssentials
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct UnixAddressTests {
  @Test func `a path has 1 to 107 bytes`() throws {
    let longest = String(repeating: "p", count: 107)
    #expect(try UnixAddress.path(longest).path == longest)
    #expect(try UnixAddress.path("p").path == "p")
    #expect(UnixAddress.maximumLength == 107)
    for path in ["", longest + "p", String(repeating: "é", count: 54), "a\0b", "\0", "a\0"] {
      let error = try #require(throws: SocketError.self) { try UnixAddress.path(path) }
      #expect(error.code == .invalidAddress)
      #expect(error.detail?.isEmpty == false)
    }
  }

  @Test func `the error quotes the path, printable and not endless`() throws {
    let nul = try #require(throws: SocketError.self) { try UnixAddress.path("/run/a\0b") }
    #expect(nul.detail?.contains(#"/run/a\x00b"#) == true)
    let long = String(repeating: "x", count: 5000)
    let error = try #require(throws: SocketError.self) { try UnixAddress.path(long) }
    #expect(error.detail?.contains("5000") == true)
    #expect(try #require(error.detail).utf8.count < 300)
  }

  @Test func `an abstract name has 0 to 107 bytes of any value`() throws {
    let longest = [UInt8](repeating: 0, count: 107)
    #expect(try UnixAddress.abstract(longest).abstractName == longest)
    #expect(try UnixAddress.abstract([]).abstractName == [])
    #expect(try UnixAddress.abstract("name").abstractName == Array("name".utf8))
    let error = #expect(throws: SocketError.self) { try UnixAddress.abstract(longest + [0]) }
    #expect(error?.code == .invalidAddress)
    #expect(try UnixAddress.abstract([97]) != UnixAddress.abstract([97, 0]))
  }

  @Test func `each kind answers for itself only`() throws {
    let path = try UnixAddress.path(bytes: [47, 255])
    #expect(path.path == "/\u{FFFD}")
    #expect(path.pathBytes == [47, 255])
    #expect(path.abstractName == nil)
    #expect(!path.isUnnamed)
    let abstract = try UnixAddress.abstract("a")
    #expect(abstract.path == nil && abstract.pathBytes == nil && !abstract.isUnnamed)
    let unnamed = UnixAddress.unnamed
    #expect(unnamed.path == nil && unnamed.abstractName == nil && unnamed.isUnnamed)
  }

  static let texts: [(UnixAddress, String)] = [
    (.unnamed, "(unnamed)"), (address([47, 97]), "/a"), (address([97]), "a"),
    (address(Array("/tmp/é ü".utf8)), "/tmp/é ü"), (address(Array("@a".utf8)), #"\x40a"#),
    (address(Array("@\u{358}b".utf8)), "\\x40\u{358}b"),
    (address(Array("(unnamed)".utf8)), #"\x28unnamed)"#),
    (address(Array(#"a\b"#.utf8)), #"a\\b"#), (address([97, 10, 127]), #"a\x0a\x7f"#),
    (address([97, 0xC3, 98]), #"a\xc3b"#), (address([97, 0xE2, 0x80, 0xAE]), #"a\xe2\x80\xae"#),
    (address([0]), "@"), (address([0, 97]), "@a"), (address([0, 97, 0]), #"@a\x00"#),
    (address([0, 0]), #"@\x00"#), (address(Array("\0@(unnamed)".utf8)), "@@(unnamed)"),
    (address([0, 255, 92]), #"@\xff\\"#),
  ]

  private static func address(_ bytes: [UInt8]) -> UnixAddress { UnixAddress(bytes: bytes) }

  @Test(arguments: texts)
  func `an address is printed, and read back`(address: UnixAddress, text: String) throws {
    #expect(address.description == text)
    #expect(try UnixAddress(parsing: text) == address)
    #expect(UnixAddress(Substring(text).description) == address)
  }

  @Test func `every name that there can be is read back`() throws {
    var generator = SplitMix64(seed: 59)
    for _ in 0..<2000 {
      var bytes = (0..<Int.random(in: 0...107, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? UInt8.random(in: 0...255, using: &generator)
          : [92, 64, 120, 0, 40, 0xC3, 0xA9].randomElement(using: &generator)
      }.compactMap(\.self)
      if Bool.random(using: &generator) { bytes = [0] + bytes } else { bytes.removeAll { $0 == 0 } }
      let address = UnixAddress(bytes: bytes)
      #expect(try UnixAddress(parsing: address.description) == address, "\(bytes)")
      #expect(!address.description.utf8.contains { $0 < 32 })
    }
  }

  @Test(arguments: ["", #"\"#, #"a\b"#, #"\x"#, #"\x4"#, #"\xg0"#, #"@\x0"#, #"a\x00b"#, #"\x00"#])
  func `other text is refused`(text: String) {
    #expect(UnixAddress(text) == nil)
    let error = #expect(throws: SocketError.self) { try UnixAddress(parsing: text) }
    #expect(error?.code == .invalidAddress)
  }

  @Test func `the order is unnamed, abstract names, paths`() {
    let sorted = [[], [0], [0, 0], [0, 97], [47], [47, 97], [48]].map(UnixAddress.init(bytes:))
    #expect(sorted.shuffled().sorted() == sorted)
    #expect(Set(sorted + sorted).count == sorted.count)
  }

  @Test func `it is coded as its text`() throws {
    let list = try [UnixAddress.unnamed, .path("/a"), .abstract([1, 97])]
    let json = try JSONEncoder().encode(list)
    #expect(try JSONDecoder().decode([UnixAddress].self, from: json) == list)
    #expect(try JSONDecoder().decode([String].self, from: json) == list.map(\.description))
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([UnixAddress].self, from: Data(#"[""]"#.utf8))
    }
  }

  @Test(arguments: ["\\x\n1", "\\\u{0}", "a\r\nforged line\\q", "\u{2028}\\xg0"])
  func `a text that is refused is quoted in one line`(text: String) throws {
    let error = #expect(throws: SocketError.self) { try UnixAddress(parsing: text) }
    let detail = try #require(error?.detail)
    #expect(
      detail.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x2028 },
      "\(detail)"
    )
  }

  @Test func `the kernel's form is decoded at any length`() throws {
    var generator = SplitMix64(seed: 5)
    for length in UInt32(0)...300 {
      let noise = (0..<126).map { _ in UInt8.random(in: 0...3, using: &generator) }
      for first in [UInt8(0), 97] {
        let stored = [first] + noise.dropFirst()
        let decoded = kernelAddress(family: 1, stored, length: length).unixAddress
        guard length >= 2 else {
          #expect(decoded == nil)
          continue
        }
        let name = try #require(decoded)
        #expect(name.bytes.count <= 108 && name.bytes.count <= max(0, Int(length) - 2))
        if first == 0, length > 2 {
          #expect(name.abstractName?.count == min(Int(length), 110) - 3)
        } else {
          #expect(!name.bytes.contains(0))
        }
        #expect(kernelAddress(family: 2, noise, length: length).unixAddress == nil)
      }
    }
  }

  @Test func `the kernel's form is read back`() throws {
    let path = [UInt8](repeating: 97, count: 108)
    let names: [[UInt8]] = [
      [], [97], path.dropLast(), path, [0], [0, 97, 0], [0] + path.dropLast(),
    ]
    for bytes in names {
      let address = UnixAddress(bytes: bytes)
      let encoded = KernelAddress(address)
      #expect(encoded.unixAddress == address)
      #expect(encoded.socketAddress == nil)
      #expect(encoded.length <= 110)
    }
  }

  private func kernelAddress(family: UInt8, _ name: [UInt8], length: UInt32) -> KernelAddress {
    var address = KernelAddress()
    unsafe address.fill { memory, reported in
      unsafe UnsafeMutableRawBufferPointer(start: memory, count: 128)
        .copyBytes(from: ([family, 0] + name).prefix(128))
      reported = length
    }
    return address
  }
}
