import SocketsTesting
import Testing

@testable import Sockets

/// The snippets of the article, run.
@Suite(.timeLimit(.minutes(1))) struct BehindInfrastructureTests {
  @Test func `behind a proxy`() async throws {
    let proxies = [try IPPrefix(parsing: "127.0.0.0/8")]
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let backend = listener.localAddress
    try await withPair { pair in
      let connection = pair.far
      let server = try await TCPConnection.connect(to: backend)
      try await server.write(ProxyHeader(forwarding: connection))
      // Only now: on a machine under load, the header's five seconds would not be enough.
      async let served: Void = {
        try await listener.serve { connection in
          guard proxies.contains(where: { $0.contains(connection.remoteAddress.ip) }),
            let header = try await connection.receiveProxyHeader()
          else { return }
          let client = header.source ?? connection.remoteAddress
          try await connection.write("you are \(client)\n")
        }
      }()
      let answer = String(decoding: try await server.readAll(), as: UTF8.self)
      #expect(answer == "you are \(pair.near.localAddress)\n")
      listener.drain(grace: .seconds(600))
      try await served
    }
  }

  @Test func `under a service manager`() async throws {
    let address = SocketAddress.loopback(port: 0)
    var sockets = try SocketActivation.inherited()
    let listener =
      if let socket = sockets.take("web") {
        try TCPListener(adopting: socket)
      } else {
        try await TCPListener.bind(to: address)
      }
    try await ServiceNotification.send(.ready, .status("listening on \(listener.localAddress)"))
    try await withThrowingTaskGroup { group in
      group.addTask(executorPreference: listener.reactor) {
        try await ServiceNotification.notifyWatchdog()
      }
      try await group.waitForAll()
    }
    listener.close()
  }

  @Test func `replaced while it runs`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let address = listener.localAddress
    let (successor, predecessor) = try UnixConnection.pair()
    let answer = { @Sendable (connection: TCPConnection) in try await connection.write("old") }
    async let old = listener.serve(handler: answer)
    async let new: Void = replace(predecessor)
    #expect(try await ask(address) == "old")
    var sockets = DescriptorBatch()
    sockets.append(try OwnedDescriptor(duplicating: listener))
    try await successor.write([1], passing: sockets)
    if try await successor.read(exactly: 1) == [1] { listener.handOver(grace: .seconds(10)) }
    _ = try await old
    for _ in 0..<20 { #expect(try await ask(address) == "new") }
    successor.close()
    try await new
  }

  private func ask(_ address: SocketAddress) async throws -> String {
    let client = try await TCPConnection.connect(to: address)
    return String(decoding: try await client.readAll(), as: UTF8.self)
  }

  private func replace(_ predecessor: UnixConnection) async throws {
    let answer = { @Sendable (connection: TCPConnection) in try await connection.write("new") }
    var sockets = DescriptorBatch()
    _ = try await predecessor.read(upTo: 1, descriptors: &sockets)
    guard let socket = sockets.popFirst() else { return }
    let listener = try TCPListener(adopting: socket)
    async let report = listener.serve(handler: answer)
    try await predecessor.write([1])
    #expect(try await predecessor.read(upTo: 1) == nil)
    listener.drain(grace: .seconds(600))
    #expect(try await report.failed == 0)
  }

  @Test func `one listener per reactor`() async throws {
    let address = SocketAddress.loopback(port: 0)
    let answer = { @Sendable (connection: TCPConnection) in try await connection.write("x") }
    let serving = Task {
      let shards = try await TCPListener.bind(to: address, shardedOver: Reactor.sharedReactors())
      try await shards.serve(maxConnections: 10_000, handler: answer)
    }
    serving.cancel()
    await #expect(throws: CancellationError.self) { try await serving.value }
  }
}
