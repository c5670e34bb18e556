import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SimulatedTCPTests {
  @Test func `an echo server answers over a network in memory`() async throws {
    let reply = try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      let reply = try await serving(listener) { try await roundTrip("hello", to: $0) }
      #expect(network.openDescriptors == 0)
      return reply
    }
    #expect(reply == "hello")
  }

  @Test func `addresses are those that were asked for`() async throws {
    try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      let connected = try await network.host(host(9)) {
        try await TCPConnection.connect(to: listener.localAddress)
      }
      let accepted = try await listener.accept()
      #expect(connected.remoteAddress == SocketAddress(host(1), port: 7))
      #expect(connected.localAddress.ip == host(9))
      #expect(accepted.remoteAddress == connected.localAddress)
      #expect(accepted.localAddress == listener.localAddress)
    }
  }

  @Test func `a wildcard listens on both families`() async throws {
    try await SimulatedNetwork.run { _ in
      let listener = try await TCPListener.bind(to: .any(port: 0))
      let port = listener.localAddress.port
      try await serving(listener) { _ in
        for text in ["10.0.0.3", "2001:db8::1"] {
          let reply = try await roundTrip(text, to: SocketAddress(text, port: port))
          #expect(reply == text)
        }
      }
    }
  }

  @Test func `a port is bound once`() async throws {
    try await SimulatedNetwork.run { _ in
      let first = try await TCPListener.bind(to: SocketAddress(host(1), port: 80))
      let error = await #expect(throws: SocketError.self) {
        try await TCPListener.bind(to: SocketAddress(host(1), port: 80))
      }
      #expect(error?.code == .addressInUse)
      let other = try await TCPListener.bind(to: SocketAddress(host(2), port: 80))
      first.close()
      other.close()
      _ = try await TCPListener.bind(to: SocketAddress(host(1), port: 80))
    }
  }

  @Test func `where nobody listens a connection is refused after a round trip`() async throws {
    try await SimulatedNetwork.run { network in
      network.links { $0.latency = .milliseconds(30) }
      var error: SocketError?
      let duration = await time {
        error = await #expect(throws: SocketError.self) {
          try await TCPConnection.connect(to: SocketAddress(host(1), port: 80))
        }
      }
      #expect(error?.code == .connectionRefused)
      #expect(duration == .milliseconds(60))
    }
  }

  @Test func `a half-closed connection goes on in the other direction`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      try await near.write("question")
      try await near.finish()
      #expect(try await far.read(exactly: 8) == Array("question".utf8))
      #expect(try await far.read(upTo: 1) == nil)
      let answer = [UInt8](repeating: 7, count: 1 << 20)
      async let written: Void = far.write(answer)
      #expect(try await near.read(exactly: 1 << 20) == answer)
      try await written
      far.close()
      #expect(try await near.read(upTo: 1) == nil)
    }
  }

  @Test func `a reset comes after the bytes before it, and again and again`() async throws {
    try await SimulatedNetwork.run { network in
      network.links { $0.latency = .milliseconds(1) }
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      try await near.write([1, 2, 3])
      try await Reactor.sleep(for: .milliseconds(5))
      near.reset()
      #expect(try await far.read(exactly: 3) == [1, 2, 3])
      for _ in 0..<2 {
        let error = await #expect(throws: SocketError.self) { try await far.read(upTo: 1) }
        #expect(error?.code == .connectionReset)
      }
    }
  }

  @Test func `who closes with bytes unread resets the peer`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      try await near.write([1])
      far.close()
      let error = await #expect(throws: SocketError.self) { try await near.read(upTo: 1) }
      #expect(error?.code == .connectionReset)
    }
  }

  @Test func `a writer waits for a reader`() async throws {
    try await SimulatedNetwork.run { network in
      network.bufferSize = 4_096
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      async let written: Void = near.write(bytes)
      try await Reactor.sleep(for: .seconds(1))
      #expect(network.reactor.statistics.parkedWriters == 1)
      #expect(try await far.read(exactly: bytes.count) == bytes)
      try await written
    }
  }

  @Test func `a full backlog lets clients wait, and they are served when there is room`()
    async throws
  {
    try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 80), backlog: 1)
      try await withThrowingTaskGroup { group in
        for _ in 0..<5 {
          group.addTask {
            _ = try await TCPConnection.connect(to: SocketAddress(host(1), port: 80))
          }
        }
        try await Reactor.sleep(for: .milliseconds(500))
        #expect(network.reactor.statistics.parkedWriters == 3)
        for _ in 0..<5 { _ = try await listener.accept() }
        try await group.waitForAll()
      }
    }
  }

  @Test func `a thousand hosts are served`() async throws {
    try await SimulatedNetwork.run { network in
      network.links { link in
        link.latency = .milliseconds(20)
        link.jitter = .milliseconds(20)
      }
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      try await serving(listener) { address in
        try await withThrowingTaskGroup { group in
          for number in 2...1_001 {
            group.addTask {
              try await network.host(host(number)) {
                let reply = try await roundTrip("\(number)", to: address)
                #expect(reply == "\(number)")
              }
            }
          }
          try await group.waitForAll()
        }
      }
      #expect(network.openDescriptors == 0)
    }
  }

  /// The address that a client of a service with eight of them has connected to.
  private func chosen(seed: UInt64) async throws -> IPAddress {
    try await SimulatedNetwork.run(seed: seed) { network in
      let hosts = (1...8).map { host($0) }
      network.resolver["service"] = .addresses(hosts)
      let listener = try await TCPListener.bind(to: .anyIPv4(port: 80))
      let connection = try await TCPConnection.connect(
        to: "service",
        port: 80,
        order: .shuffled,
        resolver: network.resolver
      )
      defer { listener.close() }
      return connection.remoteAddress.ip
    }
  }

  @Test func `the order of addresses is shuffled by the seed`() async throws {
    var all: Set<IPAddress> = []
    for seed in UInt64(1)...8 {
      let first = try await chosen(seed: seed)
      #expect(try await chosen(seed: seed) == first)
      all.insert(first)
    }
    #expect(all.count > 2)
  }
}
