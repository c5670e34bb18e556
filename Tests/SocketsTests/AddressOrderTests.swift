import SocketsTesting
import Testing

@testable import Sockets

@Suite struct AddressOrderTests {
  let addresses = [
    "[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "[fd00::1]:1", "[fd00::2]:1",
    "198.51.100.1:1", "198.51.100.2:1", "198.51.100.3:1", "10.0.0.1:1", "127.0.0.1:1",
  ].compactMap(SocketAddress.init(_:))

  @Test func `the resolver's order stays as it is`() {
    var random = SplitMix64(seed: 1)
    #expect(addresses.count == 10)
    #expect(AddressOrder.system.sorted(addresses, using: &random) == addresses)
  }

  @Test func `neighbours of one family and kind are shuffled, the kinds stay in order`() {
    var random = SplitMix64(seed: 2)
    var firsts: Set<SocketAddress> = []
    for _ in 0..<200 {
      let shuffled = AddressOrder.shuffled.sorted(addresses, using: &random)
      for group in [0..<3, 3..<5, 5..<8, 8..<9, 9..<10] {
        #expect(Set(shuffled[group]) == Set(addresses[group]))
      }
      firsts.insert(shuffled[0])
    }
    #expect(firsts == Set(addresses[0..<3]))
    #expect(AddressOrder.shuffled.sorted([], using: &random).isEmpty)
  }
}
