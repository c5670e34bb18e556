import SocketsTesting
import Testing

@testable import Sockets

/// A deadline that has passed asks whether there is something, and does not wait.
@Suite(.timeLimit(.minutes(1))) struct PassedDeadlineTests {
  @Test func `what has arrived is there, though its event is still to be looked at`() async throws {
    try await withPair { pair in
      // On the thread that would have to look.
      try await withTaskExecutorPreference(pair.reactor) {
        for number in UInt8(0)..<100 {
          await expectError(.timedOut) { try await pair.near.read(upTo: 8, deadline: .now) }
          try await pair.far.write([number])
          #expect(try await pair.near.read(upTo: 8, deadline: .now) == [number])
        }
      }
    }
  }

  @Test func `so it is with clients and datagrams`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    try await withTaskExecutorPreference(listener.reactor) {
      let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: listener.reactor)
      for _ in 0..<2 {
        await expectError(.timedOut) { try await listener.accept(deadline: .now) }
        let client = try await TCPConnection.connect(to: listener.localAddress)
        try await listener.accept(deadline: .now).close()
        client.close()
        await expectError(.timedOut) { try await socket.receive(deadline: .now) }
        try await socket.send([7], to: socket.localAddress)
        #expect(try await socket.receive(deadline: .now).payload == [7])
      }
    }
  }

  @Test func `a connection that does not come about is not taken for one`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0), backlog: 0)
    let queued = try await TCPConnection.connect(to: listener.localAddress)
    await expectError(.timedOut) {
      try await TCPConnection.connect(
        to: listener.localAddress,
        deadline: .now + .milliseconds(5)
      )
    }
    queued.close()
  }
}
