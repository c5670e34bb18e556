import Sockets
import SocketsTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SimulatedServerTests {
  @Test func `who sends a byte a second is cut off by the limits of a connection`() async throws {
    try await SimulatedNetwork.run { _ in
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 80))
      let limits = ConnectionLimits(idle: .seconds(5), lifetime: .seconds(60))
      try await serving(listener, limits: limits) { address in
        let connection = try await TCPConnection.connect(to: address)
        let duration = await time {
          await #expect(throws: SocketError.self) {
            for _ in 0..<1_000 {
              try await connection.write("x")
              try await Reactor.sleep(for: .seconds(1))
            }
          }
        }
        #expect(duration >= .seconds(60) && duration < .seconds(65))
      }
    }
  }

  @Test func `a drain serves who is connected, and cancels when the grace is over`() async throws {
    try await SimulatedNetwork.run { network in
      network.links { $0.latency = .milliseconds(10) }
      let listener = try await TCPListener.bind(to: SocketAddress(host(1), port: 80))
      let duration = try await time {
        try await withThrowingTaskGroup { group in
          group.addTask {
            try await listener.serve { connection in
              try await Reactor.sleep(for: .seconds(3_600))
              try await connection.write("late")
            }
          }
          let connection = try await TCPConnection.connect(to: SocketAddress(host(1), port: 80))
          try await Reactor.sleep(for: .seconds(1))
          listener.drain(grace: .seconds(20))
          #expect(try await connection.read(upTo: 1) == nil)
          let error = await #expect(throws: SocketError.self) {
            try await TCPConnection.connect(to: SocketAddress(host(1), port: 80))
          }
          #expect(error?.code == .connectionRefused)
          try await group.waitForAll()
        }
      }
      #expect(duration >= .seconds(21) && duration < .seconds(23))
    }
  }

  @Test func `the second address wins when the first is silent`() async throws {
    try await SimulatedNetwork.run { network in
      let (silent, good) = (try IPAddress(parsing: "2001:db8::1"), host(1))
      network.resolver["example.org"] = .addresses([silent, good], after: .milliseconds(20))
      network.link(between: good, and: .v4(.loopback)) { $0.latency = .milliseconds(30) }
      network.partition([silent], from: [.v6(.loopback)])
      let listener = try await TCPListener.bind(to: SocketAddress(good, port: 80))
      let duration = try await time {
        let connection = try await TCPConnection.connect(to: "example.org", port: 80)
        #expect(connection.remoteAddress.ip == good)
        connection.close()
      }
      // The look-up, the head start of the first address, and a round trip.
      #expect(duration == .milliseconds(20 + 250 + 60))
      listener.close()
    }
  }

  @Test func `a name that nobody knows is not found`() async throws {
    try await SimulatedNetwork.run { _ in
      let error = await #expect(throws: SocketError.self) {
        try await TCPConnection.connect(to: "nowhere.example", port: 80)
      }
      #expect(error?.code == .nameNotFound)
    }
  }
}
