import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct TCPInfoTests {
  @Test(arguments: Family.allCases)
  func `a connection's counts are those of its traffic`(family: Family) async throws {
    try await withPair(family) { pair in
      try await pair.near.write(pattern(10_000))
      _ = try await pair.far.read(exactly: 10_000)
      try await pair.far.write(pattern(10))
      _ = try await pair.near.read(exactly: 10)
      try await waitUntil { (try? pair.near.get(.tcpInfo).bytesAcknowledged) ?? 0 >= 10_000 }
      let info = try pair.near.get(.tcpInfo)
      #expect(info.state == .established)
      #expect(info.bytesSent == 10_000)
      #expect(info.bytesReceived == 10)
      #expect(info.bytesRetransmitted == 0)
      #expect(info.bytesNotSent == 0)
      #expect(info.retransmits == 0 && info.totalRetransmits == 0 && info.lostSegments == 0)
      #expect(info.unacknowledgedSegments == 0)
      #expect(info.segmentsSent > 0 && info.segmentsReceived > 0)
      #expect(info.congestionWindow > 0)
      #expect(info.slowStartThreshold == nil)
      #expect(info.roundTripTime > .zero && info.roundTripTime < .seconds(1))
      #expect(info.roundTripVariance > .zero)
      #expect(
        try #require(info.minimumRoundTripTime) <= info.roundTripTime + info.roundTripVariance
      )
      #expect(info.retransmissionTimeout >= .milliseconds(1))
      #expect((65_535...65_536).contains(info.pathMTU))
      #expect((500...65_536).contains(info.sendSegmentSize))
      #expect(info.receiveSegmentSize > 0)
      #expect(info.reordering > 0)
      #expect(info.sendWindow > 0)
      #expect(info.busyTime < .seconds(60))
      #expect(info.sinceLastSent < .seconds(60) && info.sinceLastReceived < .seconds(60))
    }
  }

  @Test func `the state follows the connection's life`() async throws {
    try await withPair { pair in
      try await pair.far.finish()
      #expect(try await pair.near.read(upTo: 1) == nil)
      #expect(try pair.near.get(.tcpInfo).state == .closeWait)
      try await waitUntil { (try? pair.far.get(.tcpInfo).state) == .finWait2 }
    }
    let state = try await withListener { listener, _ in try listener.get(.tcpInfo).state }
    #expect(state == .listening)
  }

  @Test func `written bytes that the peer does not take are not sent`() async throws {
    try await withPair { pair in
      await expectError(.timedOut) {
        try await pair.near.write(pattern(1 << 24), deadline: .now + .milliseconds(50))
      }
      let info = try pair.near.get(.tcpInfo)
      #expect(info.bytesNotSent > 0)
      #expect(info.timeLimitedByReceiveWindow + info.timeLimitedBySendBuffer <= info.busyTime)
    }
  }

  @Test func `any length decodes, and what is missing is zero`() {
    let bytes = (0..<1024).map { _ in UInt8.random(in: 0...255) }
    let whole = TCPInfo(decoding: bytes)
    for length in 0...bytes.count {
      let info = TCPInfo(decoding: Array(bytes.prefix(length)))
      if length >= 236 { #expect(info == whole) }
      if length < 236 { #expect(info.receiveWindow == 0) }
      if length < 104 { #expect(info.totalRetransmits == 0 && info.pacingRate == nil) }
    }
  }

  @Test func `the largest values of the kernel are no limit or unknown`() {
    let info = TCPInfo(decoding: [UInt8](repeating: 0xFF, count: 256))
    #expect(info.state == .unknown)
    #expect(info.pacingRate == nil)
    #expect(info.slowStartThreshold == nil)
    #expect(info.minimumRoundTripTime == nil)
    #expect(info.bytesSent == .max)
  }

  @Test func `an unknown state is unknown`() {
    #expect(TCPInfo(decoding: [99]).state == .unknown)
    #expect(TCPInfo(decoding: [1]).state == .established)
  }
}
