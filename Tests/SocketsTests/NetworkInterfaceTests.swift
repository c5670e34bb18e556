import Sockets
import Testing

@Suite struct NetworkInterfaceTests {
  @Test func `the loopback interface is there with its addresses`() throws {
    let all = try NetworkInterface.all()
    let lo = try #require(all.first { $0.name == "lo" })
    #expect(lo.index >= 1)
    #expect(lo.flags.isSuperset(of: [.up, .loopback, .running]))
    #expect(!lo.flags.contains(.broadcast))
    let four = try #require(lo.addresses.first { $0.ip == .v4(.loopback) })
    #expect(four.prefixLength == 8)
    #expect(four.description == "127.0.0.1/8")
    #expect(four.prefix?.contains(try IPAddress(parsing: "127.9.9.9")) == true)
    let six = try #require(lo.addresses.first { $0.ip == .v6(.loopback) })
    #expect(six.prefixLength == 128)
  }

  @Test func `they are ordered by index, and each is there once`() throws {
    let all = try NetworkInterface.all()
    #expect(all.map(\.index) == all.map(\.index).sorted())
    #expect(Set(all.map(\.name)).count == all.count)
    for interface in all {
      for case .v6(let address) in interface.addresses.map(\.ip) where address.isLinkLocal {
        #expect(address.zone == interface.index)
      }
    }
  }

  @Test func `names and numbers lead to each other`() throws {
    for interface in try NetworkInterface.all() {
      #expect(NetworkInterface.index(ofName: interface.name) == interface.index)
      #expect(NetworkInterface.name(ofIndex: interface.index) == interface.name)
    }
    for name in ["", "nope0", "lo\u{0}", "lo\u{0}x", "lo:x", "a-name-of-16-byte"] {
      #expect(NetworkInterface.index(ofName: name) == nil)
    }
    for index: UInt32 in [0, .max, 4_000_000_000] {
      #expect(NetworkInterface.name(ofIndex: index) == nil)
    }
  }
}
