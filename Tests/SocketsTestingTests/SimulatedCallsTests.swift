import Glibc
import Sockets
import SocketsTesting
import Testing

/// The rest of the library over a simulated kernel.
@Suite(.timeLimit(.minutes(1)))
struct SimulatedCallsTests {
  @Test func `the first of several sockets that is ready`() async throws {
    try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 80))
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      let none = await #expect(throws: SocketError.self) {
        try await firstReady(of: [listener.acceptable, near.readable], deadline: .now)
      }
      #expect(none?.code == .timedOut)
      async let ready = firstReady(of: [listener.acceptable, near.readable])
      try await far.write("x")
      #expect(try await ready == [near.readable])
      _ = try await near.read(upTo: 1)
      async let client = TCPConnection.connect(to: listener.localAddress)
      #expect(try await firstReady(of: [listener.acceptable]) == [listener.acceptable])
      _ = try await client
    }
  }

  @Test func `a relay between two connections copies`() async throws {
    try await SimulatedNetwork.run { network in
      let (client, front) = try await TCPConnection.pair(on: network.reactor)
      let (back, server) = try await TCPConnection.pair(on: network.reactor)
      async let traffic = relay(front, back)
      let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
      async let written: Void = client.write(bytes)
      #expect(try await server.read(exactly: bytes.count) == bytes)
      try await written
      try await client.finish()
      #expect(try await server.read(upTo: 1) == nil)
      try await server.write("bye")
      try await server.finish()
      #expect(try await client.read(exactly: 3) == Array("bye".utf8))
      _ = try await traffic
    }
  }

  @Test func `a real file is sent`() async throws {
    try await SimulatedNetwork.run { network in
      let file = OwnedDescriptor(owning: unsafe open("/proc/self/exe", O_RDONLY | O_CLOEXEC))
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      // As much as the buffers have room for.
      #expect(try await near.send(file: file, range: 0..<200_000) == 200_000)
      let bytes = try await far.read(exactly: 200_000)
      #expect(bytes?.prefix(4) == [0x7F, 0x45, 0x4C, 0x46])
    }
  }

  @Test func `options are kept, buffers doubled`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      #expect(try near.get(.noDelay))
      try near.set(.noDelay, to: false)
      #expect(try !near.get(.noDelay))
      try near.set(.receiveBufferSize, to: 10_000)
      #expect(try near.get(.receiveBufferSize) == 20_000)
      #expect(try near.get(.tcpInfo).state == .established)
      far.close()
    }
  }

  @Test func `what cannot be simulated is refused`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      let urgent = await #expect(throws: SocketError.self) { try await near.sendUrgent(1) }
      #expect(urgent?.code == .notSupported)
      let multipath = await #expect(throws: SocketError.self) {
        try await TCPListener.bind(to: SocketAddress(host(1), port: 80), isMultipath: true)
      }
      #expect(multipath?.code == .notSupported)
      let foreign = await #expect(throws: SocketError.self) {
        try await network.reactor.waitUntilReadable(0)
      }
      #expect(foreign?.code == .notSupported)
      far.close()
    }
  }

  @Test func `many datagrams at once`() async throws {
    try await SimulatedNetwork.run { _ in
      let receiver = try await UDPSocket.bind(to: SocketAddress(host(1), port: 53))
      let sender = try await UDPSocket.connect(to: receiver.localAddress)
      var out = SendBatch(capacity: 16, maximumLength: 100)
      for number in 0..<UInt8(10) { _ = out.append([number, number]) }
      try await sender.sendBatch(&out)
      var batch = ReceiveBatch(capacity: 16, maximumLength: 100)
      try await receiver.receiveBatch(into: &batch)
      #expect(batch.count == 10)
    }
  }
}
