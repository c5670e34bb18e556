import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ControlMessageTests {
  /// Encodes metadata as the control buffer of a datagram that is sent.
  func encoded(_ metadata: DatagramMetadata, isIPv6: Bool, room: Int = 192) -> [UInt8]? {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
    defer { unsafe memory.deallocate() }
    return unsafe metadata.encode(into: memory, isIPv6: isIPv6).map { unsafe Array(memory[..<$0]) }
  }

  /// Finds all messages.
  func messages(_ bytes: [UInt8]) -> [ControlMessage] {
    bytes.withRawSpan { bytes in
      var messages: [ControlMessage] = []
      var offset = 0
      while let message = ControlMessage.next(in: bytes, at: &offset) { messages.append(message) }
      return messages
    }
  }

  @Test func `what is written is found again`() throws {
    let v6 = DatagramMetadata(
      localAddress: IPAddress("2001:db8::7"),
      interface: 5,
      trafficClass: 0xFF,
      hopLimit: 255
    )
    let bytes = try #require(encoded(v6, isIPv6: true))
    #expect(messages(bytes).map { $0.data.count } == [20, 4, 4])
    #expect(bytes.withRawSpan { DatagramMetadata(control: $0) } == v6)
    let v4 = DatagramMetadata(interface: 5, trafficClass: 1, hopLimit: 1, segmentSize: 65_535)
    let message = try #require(encoded(v4, isIPv6: false))
    #expect(messages(message).map { $0.data.count } == [12, 4, 4, 2])
    #expect(encoded(DatagramMetadata(), isIPv6: true) == [])
  }

  @Test func `a buffer that is too small is noticed`() {
    let metadata = DatagramMetadata(interface: 1, trafficClass: 1, hopLimit: 1, segmentSize: 9)
    for room in 0..<112 { #expect(encoded(metadata, isIPv6: true, room: room) == nil) }
    #expect(encoded(metadata, isIPv6: true, room: 112)?.count == 112)
  }

  @Test func `a link-local destination belongs to its link`() throws {
    let metadata = DatagramMetadata(localAddress: .v6(IPv6Address("fe80::1") ?? .any), interface: 9)
    let bytes = try #require(encoded(metadata, isIPv6: true))
    let found = bytes.withRawSpan { DatagramMetadata(control: $0) }
    guard case .v6(let address)? = found.localAddress else {
      Issue.record("no address")
      return
    }
    #expect(address.zone == 9)
  }

  @Test func `lengths that lie end the walk`() throws {
    let whole = try #require(encoded(DatagramMetadata(trafficClass: 3), isIPv6: true))
    #expect(whole.count == 24)
    for length in [0, 1, 15, 25, 1_000, Int.max, -1, -8, Int.min] {
      var bytes = whole
      for index in 0..<8 {
        bytes[index] = UInt8(truncatingIfNeeded: UInt(bitPattern: length) >> (8 * UInt(index)))
      }
      #expect(messages(bytes) == [], "\(length)")
    }
    for count in 0..<20 { #expect(messages(Array(whole[..<count])) == []) }
  }

  @Test func `no bytes do harm`() {
    var generator = SplitMix64(seed: 52)
    let whole = encoded(
      DatagramMetadata(interface: 1, trafficClass: 1, hopLimit: 1, segmentSize: 9),
      isIPv6: false
    )
    for round in 0..<20_000 {
      var bytes = whole ?? []
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        bytes[.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255,
          using: &generator
        )
      }
      if round.isMultiple(of: 2) {
        bytes.removeLast(.random(in: 0...bytes.count, using: &generator))
      }
      let found = messages(bytes)
      for message in found { #expect(message.data.upperBound <= bytes.count) }
      _ = bytes.withRawSpan { DatagramMetadata(control: $0) }
    }
  }
}
