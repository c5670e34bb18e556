import SocketsTesting
import Testing

@testable import Sockets

@Suite struct SlotTableTests {
  @Test func `a token of what is gone finds nothing, though its slot is in use again`() {
    var table = SlotTable<String>()
    var tokens: [UInt64] = []
    for name in ["a", "b"] {
      _ = table.insert { token in
        tokens.append(token)
        return name
      }
    }
    let removed = table.remove(tokens[0])
    #expect(removed == "a")
    #expect(table[tokens[0]] == nil)
    var successor: UInt64 = 0
    _ = table.insert { token in
      successor = token
      return "c"
    }
    #expect(successor & 0xFFFF_FFFF == tokens[0] & 0xFFFF_FFFF)
    #expect(successor != tokens[0])
    #expect(table[tokens[0]] == nil)
    let removedAgain = table.remove(tokens[0])
    #expect(removedAgain == nil)
    #expect(table[successor] == "c")
    #expect(table[tokens[1]] == "b")
    #expect(table.count == 2)
  }

  @Test(arguments: [0, 5, 2 << 32, UInt64.max])
  func `a token that was never given out finds nothing`(token: UInt64) {
    var table = SlotTable<Int>()
    #expect(table[token] == nil)
    _ = table.insert { _ in 1 }
    #expect(table[token] == nil)
    let removed = table.remove(token)
    #expect(removed == nil)
    #expect(table.count == 1)
  }

  @Test func `random insertions and removals agree with a dictionary`() {
    var random = SplitMix64(seed: 7)
    var table = SlotTable<Int>()
    var expected: [UInt64: Int] = [:]
    var gone: [UInt64] = []
    for value in 0..<5_000 {
      if Bool.random(using: &random) || expected.isEmpty {
        var token: UInt64 = 0
        _ = table.insert {
          token = $0
          return value
        }
        #expect(expected[token] == nil)
        expected[token] = value
      } else if let token = expected.keys.sorted().randomElement(using: &random) {
        let removed = table.remove(token)
        #expect(removed == expected.removeValue(forKey: token))
        gone.append(token)
      }
      #expect(table.count == expected.count)
    }
    for (token, value) in expected { #expect(table[token] == value) }
    for token in gone { #expect(table[token] == nil) }
    #expect(table.elements.sorted() == expected.values.sorted())
  }
}
