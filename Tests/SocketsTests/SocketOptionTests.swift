import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Each option is set and read on a real socket, in the state that it is for.
@Suite(.timeLimit(.minutes(1))) struct SocketOptionTests {
  /// Sets an option and expects to read it back.
  private func check<Value: Equatable>(
    _ option: SocketOption<Value, TCP>,
    _ values: Value...,
    on handle: borrowing some SocketHandle<TCP> & ~Copyable,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for value in values {
      try handle.set(option, to: value)
      let read = try handle.get(option)
      #expect(read == value, sourceLocation: sourceLocation)
    }
  }

  /// Runs `body` on a socket that is neither bound nor connected.
  private func withUnconnected(
    _ address: SocketAddress = .loopback(port: 0),
    _ body: (borrowing UnconnectedSocket<TCP>) throws -> Void
  ) async throws {
    try await TCPListener.bind(to: address) { socket, _ in try body(socket) }.close()
  }

  @Test(arguments: Family.allCases)
  func `switches of a connection`(family: Family) async throws {
    try await withPair(family) { pair in
      #expect(try pair.near.get(.noDelay))
      try check(.noDelay, false, true, on: pair.near)
      try check(.quickAck, false, true, on: pair.near)
      try check(.urgentInline, true, false, on: pair.near)
      try check(.timestamps, true, false, on: pair.near)
    }
  }

  @Test func `switches before bind`() async throws {
    try await withUnconnected(.loopbackIPv6(port: 0)) { socket in
      try check(.reuseAddress, false, true, on: socket)
      try check(.reusePort, true, false, on: socket)
      try check(.v6Only, false, true, on: socket)
    }
  }

  @Test func `keep-alive is one value and rounds its times up`() async throws {
    try await withPair { pair in
      #expect(try pair.near.get(.keepAlive) == nil)
      let exact = KeepAlive(idle: .seconds(30), interval: .seconds(5), count: 4)
      try check(.keepAlive, exact, KeepAlive(), nil, on: pair.near)
      try pair.near.set(
        .keepAlive,
        to: KeepAlive(idle: .milliseconds(1), interval: .milliseconds(1001), count: 127)
      )
      #expect(
        try pair.near.get(.keepAlive)
          == KeepAlive(idle: .seconds(1), interval: .seconds(2), count: 127)
      )
    }
  }

  @Test(arguments: [
    KeepAlive(idle: .zero), KeepAlive(idle: .seconds(32_768)), KeepAlive(idle: .seconds(-1)),
    KeepAlive(interval: .zero), KeepAlive(interval: .seconds(Int64.max)),
    KeepAlive(count: 0), KeepAlive(count: 128), KeepAlive(count: .max),
  ])
  func `a keep-alive outside the range changes nothing`(value: KeepAlive) async throws {
    try await withPair { pair in
      let error = await expectError(.invalidArgument) {
        try pair.near.set(.keepAlive, to: value)
      }
      #expect(error?.operation == .option)
      #expect(error?.detail?.hasPrefix("TCP_KEEP") == true)
      let unchanged = try pair.near.get(.keepAlive)
      #expect(unchanged == nil)
    }
  }

  @Test func `times of TCP`() async throws {
    try await withPair { pair in
      try check(.userTimeout, .milliseconds(1500), nil, on: pair.near)
      try pair.near.set(.userTimeout, to: .microseconds(1))
      #expect(try pair.near.get(.userTimeout) == .milliseconds(1))
      for refused: Duration in [.zero, .seconds(-1), .seconds(2_147_484)] {
        await expectError(.invalidArgument) { try pair.near.set(.userTimeout, to: refused) }
      }
    }
    try await withListener { listener, _ in
      try check(.deferAccept, .seconds(3), nil, on: listener)
      try listener.set(.deferAccept, to: .milliseconds(1500))  // two seconds, hence three
      #expect(try listener.get(.deferAccept) == .seconds(3))
    }
  }

  @Test func `numbers of TCP`() async throws {
    try await withPair { pair in
      #expect(try pair.near.get(.notSentLowWatermark) == 16_384)
      try check(.notSentLowWatermark, 0, 100, Int(UInt32.max), on: pair.near)
      for refused in [-1, Int(UInt32.max) + 1] {
        await expectError(.invalidArgument) {
          try pair.near.set(.notSentLowWatermark, to: refused)
        }
      }
    }
    try await withListener { listener, _ in
      try check(.fastOpenQueue, 16, 0, on: listener)
      try check(.maximumSegmentSize, 500, on: listener)
      for refused in [87, 32_768] {
        await expectError(.invalidArgument) {
          try listener.set(.maximumSegmentSize, to: refused)
        }
      }
      let client = try await TCPConnection.connect(to: listener.localAddress)
      // Less what the TCP timestamps take (RFC 7323).
      #expect(try (488...500).contains(client.get(.tcpInfo).sendSegmentSize))
    }
  }

  @Test func `congestion control by name`() async throws {
    try await withPair { pair in
      try check(.congestionControl, "reno", on: pair.near)
      let unknown = await outcome { try pair.near.set(.congestionControl, to: "none") }
      #expect(unknown.socketError?.errno == ENOENT)
      for refused in ["", "a name that is long", "re\0no"] {
        let error = await expectError(.invalidArgument) {
          try pair.near.set(.congestionControl, to: refused)
        }
        #expect(error?.errno == nil)
      }
    }
  }

  @Test func `buffer sizes are doubled by the kernel`() async throws {
    try await withPair { pair in
      try pair.near.set(.sendBufferSize, to: 20_000)
      #expect(try pair.near.get(.sendBufferSize) == 40_000)
      try pair.near.set(.receiveBufferSize, to: 30_000)
      #expect(try pair.near.get(.receiveBufferSize) == 60_000)
      await expectError(.invalidArgument) { try pair.near.set(.sendBufferSize, to: -1) }
      await expectError(.invalidArgument) { try pair.near.set(.receiveBufferSize, to: 1 << 30) }
    }
  }

  @Test(arguments: Family.allCases)
  func `options of IP in either family`(family: Family) async throws {
    try await withPair(family) { pair in
      #expect(try (65_535...65_536).contains(pair.near.get(.pathMTU)))
      try check(.hopLimit, 1, 255, on: pair.near)
      try check(.typeOfService, 0xB8, 0, on: pair.near)
      try check(.priority, 6, 0, on: pair.near)
      for refused in [0, 256] {
        await expectError(.invalidArgument) { try pair.near.set(.hopLimit, to: refused) }
      }
      await expectError(.invalidArgument) { try pair.near.set(.typeOfService, to: 256) }
      try check(.incomingCPU, 0, on: pair.near)
      try check(.timestamping, [.receiveSoftware, .reportSoftware], [], on: pair.near)
    }
  }

  @Test func `a socket for both families sets an option for both`() async throws {
    try await withListener(to: .any(port: 0)) { listener, _ in
      try listener.set(.hopLimit, to: 9)
      let client = try await TCPConnection.connect(
        to: .loopback(port: listener.localAddress.port)
      )
      let accepted = try await listener.accept()
      let timeToLive = try accepted.get(.raw(level: SOL_IP, name: IP_TTL))
      #expect(timeToLive == 9)
      #expect(try accepted.get(.hopLimit) == 9)
      client.close()
    }
  }

  @Test func `only a connected socket knows its path`() async throws {
    try await withListener { listener, _ in
      await expectError(.notConnected) { try listener.get(.pathMTU) }
      let isListening = try listener.get(.isListening)
      #expect(isListening)
    }
    let isListening = try await withPair { pair in try pair.near.get(.isListening) }
    #expect(!isListening)
  }

  @Test(.enabled(if: geteuid() == 0, "needs CAP_NET_ADMIN"))
  func `options that need privilege`() async throws {
    try await withPair { pair in
      try check(.mark, 7, Int(UInt32.max), 0, on: pair.near)
      try check(.busyPoll, .microseconds(50), .zero, on: pair.near)
      try pair.near.set(.busyPoll, to: .nanoseconds(1))
      #expect(try pair.near.get(.busyPoll) == .microseconds(1))
      await expectError(.invalidArgument) { try pair.near.set(.mark, to: -1) }
    }
  }

  @Test func `a socket bound to a device`() async throws {
    try await withUnconnected { socket in
      #expect(try socket.get(.boundDevice) == nil)
      try check(.boundDevice, "lo", on: socket)
    }
    try await withListener { listener, _ in
      let error = await expectError(.other) { try listener.set(.boundDevice, to: "no-such-card") }
      #expect(error?.errno == ENODEV)
      for refused in ["", "sixteen bytes 16", "l\0"] {
        await expectError(.invalidArgument) { try listener.set(.boundDevice, to: refused) }
      }
    }
  }

  @Test(.enabled(if: geteuid() == 0, "leaving a device needs CAP_NET_RAW"))
  func `a socket leaves its device`() async throws {
    try await withUnconnected { try check(.boundDevice, "lo", nil, on: $0) }
  }
}
