import SocketsTesting
import Testing

@testable import Sockets

/// What stands on either side of a relay: client, relay, server, over two links.
struct Chain<Front: StreamTransport, Back: StreamTransport>: Sendable {
  let client: SocketConnection<Front>
  /// The relay's end towards the client.
  let front: SocketConnection<Front>
  /// The relay's end towards the server.
  let back: SocketConnection<Back>
  let server: SocketConnection<Back>
  /// The reactor of the relay's two ends.
  let reactor: Reactor
  let traffic = RelayTraffic()

  /// Relays between the two ends.
  nonisolated(nonsending) func relay(
    idleLimit: Duration? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    let counted = try await Sockets.relay(
      front,
      back,
      idleLimit: idleLimit,
      deadline: deadline,
      traffic: traffic
    )
    #expect(counted === traffic)
  }

  /// Waits until both directions wait for bytes.
  func waitUntilIdle() async throws { try await reactor.waitUntilParked(readers: 2) }
}

/// Lends a chain of TCP connections, the relay's ends on one reactor, the others on another.
///
/// - Parameters:
///   - kernel: The system calls of the relay's reactor.
///   - body: What to do with it.
/// - Returns: The body's result.
/// - Throws: The body's error.
func withChain<Result>(
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (Chain<TCP, TCP>) async throws -> Result
) async throws -> Result {
  let (relay, others) = (try Reactor(name: "relay", kernel: kernel), try Reactor(name: "others"))
  let (client, front) = try await linked(relay, others)
  let (server, back) = try await linked(relay, others)
  return try await lend(client, front, back, server, relay, body)
}

/// Lends a chain of Unix-domain sockets.
func withUnixChain<Result>(
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (Chain<Unix, Unix>) async throws -> Result
) async throws -> Result {
  let (relay, others) = (try Reactor(name: "relay", kernel: kernel), try Reactor(name: "others"))
  let (client, front) = try await linkedUnix(relay, others)
  let (server, back) = try await linkedUnix(relay, others)
  return try await lend(client, front, back, server, relay, body)
}

/// Lends a chain from a Unix-domain socket to TCP.
func withMixedChain<Result>(
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (Chain<Unix, TCP>) async throws -> Result
) async throws -> Result {
  let (relay, others) = (try Reactor(name: "relay", kernel: kernel), try Reactor(name: "others"))
  let (client, front) = try await linkedUnix(relay, others)
  let (server, back) = try await linked(relay, others)
  return try await lend(client, front, back, server, relay, body)
}

private func lend<Front, Back, Result>(
  _ client: SocketConnection<Front>,
  _ front: SocketConnection<Front>,
  _ back: SocketConnection<Back>,
  _ server: SocketConnection<Back>,
  _ reactor: Reactor,
  _ body: nonisolated(nonsending) (Chain<Front, Back>) async throws -> Result
) async throws -> Result {
  defer {
    client.close()
    front.close()
    back.close()
    server.close()
  }
  return try await body(
    Chain(client: client, front: front, back: back, server: server, reactor: reactor)
  )
}

/// One end on the reactor of others, and its peer on that of the relay.
private func linked(
  _ relay: Reactor,
  _ others: Reactor
) async throws -> (TCPConnection, TCPConnection) {
  let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [relay])
  defer { listener.close() }
  let outer = try await TCPConnection.connect(to: listener.localAddress, on: others)
  return (outer, try await listener.accept())
}

private func linkedUnix(
  _ relay: Reactor,
  _ others: Reactor
) async throws -> (UnixConnection, UnixConnection) {
  let listener = try await UnixListener.bind(to: .unnamed, on: [relay])
  defer { listener.close() }
  let outer = try await UnixConnection.connect(to: listener.localAddress, on: others)
  return (outer, try await listener.accept())
}

extension SocketConnection {
  /// Writes until that is no longer possible.
  ///
  /// - Throws: Why not.
  func writeForEver() async throws {
    let bytes = pattern(100_000)
    while true { try await write(bytes) }
  }
}
