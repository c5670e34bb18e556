import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SimulatedFaultTests {
  @Test func `latency is paid by each packet`() async throws {
    try await SimulatedNetwork.run { network in
      network.links { $0.latency = .milliseconds(40) }
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      try await serving(listener) { address in
        let connection = try await TCPConnection.connect(to: address)
        let duration = try await time {
          try await connection.write("x")
          _ = try await connection.read(exactly: 1)
        }
        #expect(duration == .milliseconds(80))
        connection.close()
      }
    }
  }

  @Test func `bandwidth is shared`() async throws {
    try await SimulatedNetwork.run { network in
      network.links { $0.bandwidth = 1_000_000 }
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      let duration = try await time {
        async let written: Void = near.write([UInt8](repeating: 0, count: 2_000_000))
        _ = try await far.read(exactly: 2_000_000)
        try await written
      }
      #expect(duration > .milliseconds(1_990) && duration < .milliseconds(2_010))
    }
  }

  @Test func `in a partition streams stall, and go on when it heals`() async throws {
    try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      try await serving(listener) { address in
        let connection = try await network.host(host(2)) {
          try await TCPConnection.connect(to: address)
        }
        network.partition(host(1), host(2))
        try await connection.write("hello")
        let error = await #expect(throws: SocketError.self) {
          try await connection.read(exactly: 5, deadline: .now + .seconds(30))
        }
        #expect(error?.code == .timedOut)
        network.heal()
        #expect(try await connection.read(exactly: 5) == Array("hello".utf8))
        connection.close()
      }
    }
  }

  @Test func `into a partition nobody connects, and the kernel gives up after two minutes`()
    async throws
  {
    try await SimulatedNetwork.run { network in
      network.partition([host(1)], from: [.v4(.loopback)])
      let duration = await time {
        let error = await #expect(throws: SocketError.self) {
          try await TCPConnection.connect(to: SocketAddress(host(1), port: 7))
        }
        #expect(error?.code == .timedOut)
      }
      #expect(duration == .seconds(127))
    }
  }

  @Test func `what gets nowhere for a quarter of an hour breaks the connection`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      network.links { $0.isPartitioned = true }
      try await near.write("lost")
      let duration = await time {
        let error = await #expect(throws: SocketError.self) { try await near.read(upTo: 1) }
        #expect(error?.code == .timedOut)
      }
      #expect(duration > .seconds(900) && duration < .seconds(1_000))
      far.close()
    }
  }

  @Test func `a writer before a closed window gives up as well, once nothing passes`()
    async throws
  {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      try near.set(.userTimeout, to: .seconds(10))
      try await withThrowingTaskGroup { group in
        group.addTask {
          let error = await #expect(throws: SocketError.self) {
            try await near.write([UInt8](repeating: 1, count: 16 << 20))
          }
          #expect(error?.code == .timedOut)
        }
        // The window is closed, and that alone is no reason.
        try await Reactor.sleep(for: .seconds(60))
        network.links { $0.isPartitioned = true }
        let duration = try await time { try await group.next() }
        #expect(duration == .seconds(10))
      }
      far.close()
    }
  }

  @Test func `what always gets lost never arrives`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      network.links { $0.loss = 1 }
      try near.set(.userTimeout, to: .seconds(10))
      try await near.write("lost")
      try await far.write("lost until there is an end to it")
      let duration = await time {
        let error = await #expect(throws: SocketError.self) { try await near.read(upTo: 100) }
        #expect(error?.code == .timedOut)
      }
      #expect(duration == .seconds(10))
      far.close()
    }
  }

  @Test func `keep-alive finds a peer that is cut off`() async throws {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      try near.set(
        .keepAlive,
        to: KeepAlive(idle: .seconds(10), interval: .seconds(5), count: 4)
      )
      network.links { $0.isPartitioned = true }
      let duration = await time {
        let error = await #expect(throws: SocketError.self) { try await near.read(upTo: 1) }
        #expect(error?.code == .timedOut)
      }
      #expect(duration == .seconds(30))
      far.close()
    }
  }

  @Test func `keep-alive does so whatever else happens in the network, and if it is set late`()
    async throws
  {
    try await SimulatedNetwork.run { network in
      let (near, far) = try await TCPConnection.pair(on: network.reactor)
      network.links { $0.isPartitioned = true }
      try near.set(
        .keepAlive,
        to: KeepAlive(idle: .seconds(10), interval: .seconds(5), count: 4)
      )
      await withThrowingTaskGroup { group in
        group.addTask {
          while true {
            try await Reactor.sleep(for: .seconds(7))
            network.link(between: host(8), and: host(9)) { $0.loss = 0.1 - $0.loss }
          }
        }
        let duration = await time {
          let error = await #expect(throws: SocketError.self) { try await near.read(upTo: 1) }
          #expect(error?.code == .timedOut)
        }
        #expect(duration == .seconds(30))
        group.cancelAll()
      }
      far.close()
    }
  }

  @Test func `a datagram on its way to a host that crashes is lost`() async throws {
    try await SimulatedNetwork.run { network in
      network.links { $0.latency = .milliseconds(40) }
      let receiver = try await UDPSocket.bind(to: SocketAddress(host(1), port: 53))
      let sender = try await UDPSocket.bind(to: SocketAddress(host(2), port: 0))
      try await sender.send([1], to: receiver.localAddress)
      try await Reactor.sleep(for: .milliseconds(10))
      network.crash(host(1))
      let error = await #expect(throws: SocketError.self) {
        try await receiver.receive(deadline: .now + .seconds(1))
      }
      #expect(error?.code == .timedOut)
    }
  }

  @Test func `a wildcard is its host's own`() async throws {
    try await SimulatedNetwork.run { network in
      let first = try await TCPListener.bind(to: SocketAddress(host(1), port: 80))
      let second = try await network.host(host(7)) {
        try await TCPListener.bind(to: .anyIPv4(port: 80))
      }
      let third = try await TCPListener.bind(to: SocketAddress(host(3), port: 80))
      await #expect(throws: SocketError.self) {
        try await TCPListener.bind(to: SocketAddress(host(7), port: 80))
      }
      await #expect(throws: SocketError.self) {
        try await TCPListener.bind(to: .anyIPv4(port: 80))
      }
      for listener in [first, second, third] { listener.close() }
    }
  }

  @Test func `a reset between two hosts spares the others`() async throws {
    try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      try await serving(listener) { address in
        let (first, second) = (
          try await network.host(host(2)) { try await TCPConnection.connect(to: address) },
          try await network.host(host(3)) { try await TCPConnection.connect(to: address) }
        )
        network.reset(host(1), host(2))
        let error = await #expect(throws: SocketError.self) { try await first.read(upTo: 1) }
        #expect(error?.code == .connectionReset)
        try await second.write("x")
        #expect(try await second.read(exactly: 1) == Array("x".utf8))
        second.close()
      }
    }
  }

  @Test func `a crashed host is silent, and says after its restart that it knows nothing`()
    async throws
  {
    try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      let connection = try await TCPConnection.connect(to: listener.localAddress)
      let accepted = try await listener.accept()
      network.crash(host(1))
      let own = await #expect(throws: SocketError.self) { try await accepted.read(upTo: 1) }
      #expect(own?.code == .connectionAborted)
      await #expect(throws: SocketError.self) {
        try await connection.read(upTo: 1, deadline: .now + .seconds(60))
      }
      try await connection.write("anybody there?")
      network.restart(host(1))
      let error = await #expect(throws: SocketError.self) { try await connection.read(upTo: 1) }
      #expect(error?.code == .connectionReset)
    }
  }

  @Test func `without descriptors a server waits, and goes on when there are some`() async throws {
    try await SimulatedNetwork.run { network in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      try await serving(listener) { address in
        var connections: [TCPConnection] = []
        for _ in 0..<10 { connections.append(try await TCPConnection.connect(to: address)) }
        for connection in connections {
          try await connection.write("x")
          _ = try await connection.read(exactly: 1)
        }
        let late = try await TCPConnection.connect(to: address)
        try await late.write("y")
        network.descriptorLimit = network.openDescriptors
        let error = await #expect(throws: SocketError.self) {
          try await TCPConnection.connect(to: address)
        }
        #expect(error?.code == .tooManyOpenFiles)
        for connection in connections { connection.close() }
        #expect(try await late.read(exactly: 1) == Array("y".utf8))
        late.close()
      }
    }
  }

  @Test(arguments: 0..<20)
  func `whatever a kernel may do, an echo is an echo`(seed: UInt64) async throws {
    try await SimulatedNetwork.run(seed: seed) { network in
      network.calls = .everything
      network.bufferSize = 3_000
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 7))
      try await serving(listener) { address in
        let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let connection = try await TCPConnection.connect(to: address)
        async let written: Void = connection.write(bytes)
        #expect(try await connection.read(exactly: bytes.count) == bytes)
        try await written
        connection.close()
      }
    }
  }
}
